import { Types } from 'mongoose';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, OtherEcho, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, OtherEcho, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => clock.release());

const start = (key: string, filter = {}) => test_.runner().run({ key, workflow: new Changing(), filter });
const control = () => new RunControl(backendOf(test_.app));
const names = () => calls.map(({ name }) => name);
const asleep = (workflow: Changing) => workflow.sleep('long', { hours: 1 });

describe('a run that is cancelled', () => {
  test('while it sleeps ends, and does nothing more', async () => {
    script.define = async (workflow) => {
      await asleep(workflow);
      return workflow.echo('after', 'x');
    };
    const key = newKey();
    await start(key);
    expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
    clock.put(3_600_000);
    expect(await start(key)).toMatchObject({
      state: 'ERROR',
      error: { name: 'RunCancelledError', message: 'no more' },
    });
    expect(calls).toEqual([]);
    expect(await control().cancel(runId(key), 'again')).toBe('ended');
    const kept = { 'filter.key': key, 'bag.endedAt': { $exists: false } };
    expect(await test_.actions.countDocuments(kept)).toBe(0);
  });

  test('while an orchestrator holds it is left alone', async () => {
    const key = newKey();
    let outcome;
    script.define = async (workflow) => {
      outcome = await control().cancel(runId(key), 'no more');
      return workflow.echo('only', 'x');
    };
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(outcome).toBe('held');
  });

  test('after its holder crashed in mid-step is left alone: it is not known what the step has done', async () => {
    script.define = (workflow) => workflow.echo('only', 'x');
    const key = newKey();
    const crash = {
      stepStarted: () => {
        throw new Crash();
      },
    };
    const dying = test_.doomedRunner(crash).run({ key, workflow: new Changing() });
    await expect(dying).rejects.toThrow(Crash);
    expect(await control().cancel(runId(key), 'no more')).toBe('uncertain');
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  });

  test('while it is queued ends as cancelled, whatever it waits for', async () => {
    script.define = asleep;
    const filter = { overlap: newKey() };
    await start(newKey(), filter);
    clock.put(1_000);
    const key = newKey();
    const queued = { key, workflow: new Changing(), filter, start: { overlap: 'queue' } } as const;
    expect(await test_.runner().run(queued)).toMatchObject({ waits: [{ ref: 'queue' }] });
    expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
  });

  test('after its holder crashed is left alone too where a roll-back has blocked it since', async () => {
    script.define = (workflow) => workflow.echo('only', 'x');
    const key = newKey();
    const crash = {
      stepStarted: () => {
        throw new Crash();
      },
    };
    const dying = test_.doomedRunner(crash).run({ key, workflow: new Changing() });
    await expect(dying).rejects.toThrow(Crash);
    const rolledBack = { ...backendOf(test_.app), workflows: new Map<string, never>() };
    const time = { remainingMs: () => 60_000, stepMs: -1 };
    expect(await new Runner(rolledBack, silent, time).resume(runId(key))).toMatchObject({
      blocked: { error: { name: 'UnknownWorkflowError' } },
    });
    expect(await control().cancel(runId(key), 'no more')).toBe('uncertain');
    clock.put(3_600_000);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  });
});

describe('a run that is retried', () => {
  const failing = async (workflow: Changing) => {
    await workflow.echo('before', 'a');
    await workflow.do('refused', new Refuse());
    return workflow.echo('after', 'b');
  };
  test('goes on from the step that failed, and keeps what succeeded', async () => {
    script.define = failing;
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    expect(await test_.runner().retry(runId(key))).toMatchObject({ state: 'ERROR' });
    expect(names()).toEqual(['a', 'refuse', 'refuse']);
    expect(calls[1]!.key).toBe(calls[2]!.key);
    Refuse.isFixed = true;
    try {
      expect(await test_.runner().retry(runId(key))).toMatchObject({
        state: 'SUCCESS',
        result: { value: 'b' },
      });
    } finally {
      Refuse.isFixed = false;
    }
    expect(names()).toEqual(['a', 'refuse', 'refuse', 'refuse', 'b']);
  });

  test('keeps a failure that the workflow had dealt with', async () => {
    let fails = true;
    script.define = async (workflow) => {
      await workflow.do('refused', new Refuse()).catch(() => undefined);
      await workflow.echo('between', 'a');
      if (fails) throw new RangeError('of its own');
      return workflow.echo('after', 'b');
    };
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
    fails = false;
    expect(await test_.runner().retry(runId(key))).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['refuse', 'a', 'b']);
  });

  test('from a step before one that had no outcome goes on', async () => {
    script.define = async (workflow) => {
      await workflow.echo('first', 'a');
      return Promise.race([asleep(workflow), workflow.do('refused', new Refuse())]);
    };
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'OutOfStockError' } });
    script.define = async (workflow) => {
      await workflow.echo('first', 'a');
      return workflow.echo('after', 'b');
    };
    const retried = await test_.runner().retry(runId(key), 'first');
    expect(retried).toMatchObject({ state: 'SUCCESS', blocked: null });
  });

  test('and dies at once fails again, as it had', async () => {
    script.define = failing;
    const key = newKey();
    await start(key);
    const crash = {
      runClaimed: () => {
        throw new Crash();
      },
    };
    await expect(test_.doomedRunner(crash).retry(runId(key))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'OutOfStockError' } });
  });

  test('is refused unless it failed, and where it took its steps back', async () => {
    script.define = (workflow) => workflow.echo('only', 'x');
    const key = newKey();
    await start(key);
    expect(await test_.runner().retry(runId(key))).toBeUndefined();

    script.define = async (workflow) => {
      await workflow.echo('book', 'x');
      await workflow.do('again', new Echo().setArgument({ value: 'y' }), {
        undo: () => new OtherEcho().setArgument({ value: 'undo y' }),
      });
      throw new RangeError('too late');
    };
    const undone = newKey();
    expect(await start(undone)).toMatchObject({ state: 'ERROR', error: { undone: ['again'] } });
    expect(await test_.runner().retry(runId(undone))).toBeUndefined();
  });
});

test('runs are listed the newest first, by state, filter and time, in pages', async () => {
  const symbol = newKey();
  const keys: string[] = [];
  script.define = asleep;
  for (let index = 0; index < 5; index++) {
    if (index === 4) script.define = (workflow) => workflow.echo('only', 'x');
    keys.push(newKey());
    await start(keys[index]!, { symbol });
    clock.put(60_000);
  }
  const query = { filter: { symbol }, limit: 10 };
  const listed = await control().list(query);
  expect(listed.map(({ key }) => key)).toEqual(keys.toReversed());
  expect(await control().list({ ...query, state: 'SUCCESS' })).toMatchObject([{ key: keys[4] }]);
  expect(await control().list({ ...query, state: 'ERROR' })).toEqual([]);
  const { startedAt } = listed[2]!;
  expect(await control().list({ ...query, to: startedAt })).toHaveLength(2);
  expect(await control().list({ ...query, from: startedAt, state: 'IN_PROGRESS' })).toHaveLength(2);

  const [, second] = await control().list({ ...query, limit: 2 });
  const after = { startedAt: second!.startedAt, id: new Types.ObjectId(second!.id) };
  expect((await control().list({ ...query, after })).map(({ key }) => key)).toEqual([
    keys[2],
    keys[1],
    keys[0],
  ]);
});
