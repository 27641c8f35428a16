import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { dyingAt } from '../../support/interposed.ts';

/** Takes back what `Echo` did; a test has it refuse. */
class TakeBack extends Echo {
  static override permanentRef = 'take-back';
  static refuses = '';

  override main() {
    const { value } = this.argument;
    if (value !== TakeBack.refuses) return super.main();
    calls.push({ name: `refused ${value}`, key: this.idempotencyKey });
    return Promise.reject(new RangeError('too late'));
  }
}

// A cancellation undoes what was done, says so, and is one decision with every answer that comes later.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, TakeBack]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  TakeBack.refuses = '';
});
afterEach(() => clock.release());

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const control = () => new RunControl(backendOf(test_.app));
const names = () => calls.map(({ name }) => name);
const cancel = (key: string) => control().cancel(runId(key), 'no more');
const approve = (key: string) => control().signal(runId(key), 'approval', { approved: true });

const book = (workflow: Changing, value: string) =>
  workflow.do(value, new Echo().setArgument({ value }), {
    undo: ({ value }) => new TakeBack().setArgument({ value: `undo ${value}` }),
  });
const trip = async (workflow: Changing) => {
  await book(workflow, 'flight');
  await book(workflow, 'room');
  await workflow.waitFor('approval', { timeout: { hours: 1 } });
  return workflow.echo('pay', 'paid');
};
const asking = async (workflow: Changing) => {
  await workflow.waitFor('approval', { timeout: { hours: 1 } });
  return workflow.echo('trade', 'traded');
};

describe('a run that is cancelled', () => {
  test('undoes its steps, last one first, and says which', async () => {
    script.define = trip;
    const key = newKey();
    await start(key);
    expect(await cancel(key)).toBe('cancelled');
    expect(await start(key)).toMatchObject({
      state: 'ERROR',
      error: { name: 'RunCancelledError', message: 'no more', undone: ['room', 'flight'], notUndone: [] },
    });
    expect(names()).toEqual(['flight', 'room', 'undo room', 'undo flight']);
  });

  test('says what it could not undo, and undoes the rest', async () => {
    script.define = trip;
    TakeBack.refuses = 'undo room';
    const key = newKey();
    await start(key);
    await cancel(key);
    expect(await start(key)).toMatchObject({
      error: {
        name: 'RunCancelledError',
        undone: ['flight'],
        notUndone: [{ ref: 'room', error: { name: 'RangeError' } }],
      },
    });
  });

  test('says nothing of an undo if no step has one', async () => {
    script.define = asking;
    const key = newKey();
    await start(key);
    await cancel(key);
    const { error } = await start(key);
    expect(error).toEqual({ name: 'RunCancelledError', message: 'no more' });
  });

  test('and has undone its steps is not retried', async () => {
    script.define = trip;
    const key = newKey();
    await start(key);
    await cancel(key);
    await start(key);
    expect(await test_.runner().retry(runId(key))).toBeUndefined();
    expect(names()).not.toContain('paid');
  });

  test.each(['before', 'after'] as const)(
    'undoes each step, whichever write its process dies at, %s it',
    async (at) => {
      for (let n = 1; ; n++) {
        calls.length = 0;
        script.define = trip;
        const key = newKey();
        await start(key);
        await cancel(key);
        const { backend, life } = dyingAt(backendOf(test_.app), n, at);
        const time = { remainingMs: () => 60_000, stepMs: -1 };
        await start(key, new Runner(backend, silent, time)).catch(() => undefined);
        if (!life.isOver) break;
        clock.put(61_000);
        expect(await start(key)).toMatchObject({ state: 'ERROR', error: { undone: ['room', 'flight'] } });
        expect(new Set(names())).toEqual(new Set(['flight', 'room', 'undo room', 'undo flight']));
        // What is done again has the same key, so that its callee does it once.
        expect(new Set(calls.map((call) => call.key)).size).toBe(4);
      }
    },
  );
});

describe('a cancellation and an answer', () => {
  test('in this order: the answer is refused, before and after a pass has ended the run', async () => {
    script.define = asking;
    const key = newKey();
    await start(key);
    expect(await cancel(key)).toBe('cancelled');
    expect(await approve(key)).toEqual({ outcome: 'cancelled' });
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
    expect(await approve(key)).toEqual({ outcome: 'ended' });
    expect(names()).toEqual([]);
  });

  test('in this order, and then a retry: the run asks again, and trades once it gets an answer', async () => {
    script.define = asking;
    const key = newKey();
    await start(key);
    await cancel(key);
    await approve(key);
    await start(key);
    await approve(key);
    expect(await test_.runner().retry(runId(key))).toMatchObject({
      state: 'IN_PROGRESS',
      waits: [{ ref: 'approval' }],
    });
    expect(names()).toEqual([]);
    expect(await approve(key)).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'traded' } });
  });

  test('at once: if the answer is refused the run is cancelled, and what is answered is what happens', async () => {
    for (let round = 0; round < 20; round++) {
      calls.length = 0;
      script.define = asking;
      const key = newKey();
      await start(key);
      const first = round % 2 === 1 ? cancel(key) : undefined;
      const answering = approve(key);
      const cancelled = await (first ?? cancel(key));
      const answer = await answering;
      const run = await start(key);
      if (cancelled === 'cancelled') {
        expect(run).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
        expect(names()).toEqual([]);
      } else {
        expect(answer).toEqual({ outcome: 'taken' });
        expect(run).toMatchObject({ state: 'SUCCESS' });
      }
    }
  });

  test('and a retry at once: the run is open with both, or with neither', async () => {
    for (let round = 0; round < 10; round++) {
      script.define = asking;
      const key = newKey();
      await start(key);
      await cancel(key);
      await start(key);
      const [retried, answer] = await Promise.all([test_.runner().retry(runId(key)), approve(key)]);
      expect(retried).toMatchObject({ blocked: null });
      const run = await start(key);
      const isTaken = (answer as { outcome: string }).outcome !== 'ended';
      expect(run.state).toBe(isTaken ? 'SUCCESS' : 'IN_PROGRESS');
    }
  });
});

test('an answer that no pass has seen is taken back by a cancellation: a retry waits for it again', async () => {
  script.define = async (workflow) => {
    await workflow.waitFor('approval', { timeout: { hours: 1 } });
    return workflow.echo('trade', 'traded');
  };
  const key = newKey();
  await start(key);
  expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'taken' });
  expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
  expect(await start(key)).toMatchObject({ error: { name: 'RunCancelledError' } });
  expect(await test_.runner().retry(runId(key))).toMatchObject({ waits: [{ ref: 'approval' }] });
  expect(calls).toEqual([]);
});

test('a second cancellation is answered like the first, although the pass that carried it out has crashed', async () => {
  script.define = (workflow) => workflow.sleep('long', { hours: 1 });
  const key = newKey();
  await start(key);
  expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
  const crash = () => {
    throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ runClaimed: crash }))).rejects.toThrow(Crash);
  expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
  expect(await start(key)).toMatchObject({ error: { name: 'RunCancelledError' } });
});
