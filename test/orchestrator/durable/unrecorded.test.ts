import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { runTick } from '../../../orchestrator/tick/run-tick.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { Flaky } from '../../support/flaky.ts';
import { interposed } from '../../support/interposed.ts';

class Big extends DurableAction {
  static override permanentRef = 'big';
  declare IArgument: { text: string };
  override main(): Promise<ActionState> {
    calls.push({ name: 'big', key: this.idempotencyKey });
    this.setResult({ text: 'y'.repeat(1.9 * 1024 * 1024) });
    return Promise.resolve(ActionState.SUCCESS);
  }
}

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse, Flaky, Big]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  Refuse.isFixed = false;
  Object.assign(Flaky, { failures: 0, attempts: 0 });
});
afterEach(() => clock.release());

const HOUR = 3_600_000;
const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const control = () => new RunControl(backendOf(test_.app));
const approve = (key: string, approved = true) => control().signal(runId(key), 'approval', { approved });
const names = () => calls.map(({ name }) => name);
const time = (remainingMs: () => number, stepMs = 300) => ({ remainingMs, stepMs });

const limited = (remainingMs: () => number, stepMs = 300) =>
  new Runner(backendOf(test_.app), silent, { remainingMs, stepMs });
const lasting = (ms: number, stepMs = 300) => {
  const end = performance.now() + ms;
  return limited(() => end - performance.now(), stepMs);
};

describe('a workflow that is stuck after a step', () => {
  const stuck = async (workflow: Changing) => {
    await workflow.do('charge', new Echo().setArgument({ value: 'charge' }), {
      undo: () => new Echo().setArgument({ value: 'undo charge' }),
    });
    await new Promise(() => undefined);
  };
  test('does not execute that step again each time', async () => {
    script.define = stuck;
    const key = newKey();
    for (let pass = 0; pass < 3; pass++) {
      expect(await lasting(600).run({ key, workflow: new Changing() })).toMatchObject({
        blocked: { error: { name: 'StuckWorkflowError' } },
      });
    }
    expect(names()).toEqual(['charge']);
  });
  test('is not cancelled without undoing that step', async () => {
    script.define = stuck;
    const key = newKey();
    await lasting(600).run({ key, workflow: new Changing() });
    expect(names()).toEqual(['charge']);
    const outcome = await control().cancel(runId(key), 'no more');
    const run = await start(key);
    expect({ outcome, undone: run.error?.['undone'], names: names() }).toEqual(
      outcome === 'cancelled'
        ? { outcome, undone: ['charge'], names: ['charge', 'undo charge'] }
        : { outcome: 'uncertain', undone: undefined, names: ['charge'] },
    );
  });
});

describe('a step whose ref is a word of the layer', () => {
  test('"blocked": its attempts are not forgotten when the run is blocked', async () => {
    Flaky.failures = 5;
    script.define = (workflow) => workflow.do('blocked', new Flaky());
    const key = newKey();
    expect(await lasting(60_000).run({ key, workflow: new Changing() })).toMatchObject({
      waits: [{ ref: 'blocked', attempts: 1 }],
    });
    expect(await control().cancel(runId(key), 'x')).toBe('uncertain');
    script.define = (workflow) => workflow.echo('other', 'x');
    const gone = new Runner({ ...backendOf(test_.app), workflows: new Map() }, silent, {
      remainingMs: () => 60_000,
      stepMs: 300,
    });
    expect(await gone.run({ key, workflow: new Changing() })).toMatchObject({ blocked: {} });
    expect(await control().cancel(runId(key), 'x')).toBe('uncertain');
  });
});

test('a step that is too large to be on record next to others is not executed', async () => {
  script.define = async (workflow) => {
    const text = 'x'.repeat(5 * 1024 * 1024);
    const big = (ref: string) => workflow.do(ref, new Big().setArgument({ text }), { timeout: { days: 1 } });
    await Promise.all(['a', 'b', 'c'].map(big));
  };
  const error = { name: 'RangeError', message: expect.stringContaining('of steps in progress') as string };
  expect(await start(newKey())).toMatchObject({ state: 'ERROR', error });
  expect(calls).toHaveLength(1);
});

describe('a signal that makes a timeout stale', () => {
  const define = async (workflow: Changing) => {
    const flaky = workflow.do('flaky', new Flaky()).catch(() => undefined);
    const answer = await workflow
      .waitFor<{ approved: boolean }>('approval', { timeout: { milliseconds: 400 } })
      .catch(() => undefined);
    await workflow.echo('next', String(answer?.approved));
    await flaky;
  };
  test('does not make another branch forget its attempts, nor its wait', async () => {
    clock.release();
    Flaky.failures = 5;
    script.define = define;
    const key = newKey();
    const running = start(
      key,
      new Runner(
        backendOf(test_.app),
        silent,
        time(() => 60_000),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const answer = await approve(key);
    const run = await running;
    expect({
      answer: answer.outcome,
      next: names(),
      attempts: Flaky.attempts,
      waits: run.waits.map(({ attempts }) => attempts),
    }).toEqual({
      answer: expect.stringMatching(/taken|kept/) as string,
      next: ['true'],
      attempts: 1,
      waits: [1],
    });
  });
});

describe('a step with a timeout that was never attempted', () => {
  test('has all of its timeout, also if a pass crashed before its attempt', async () => {
    script.define = async (workflow) => {
      await workflow.echo('first', 'a');
      return workflow.do('charge', new Echo().setArgument({ value: 'charge' }), { timeout: { hours: 1 } });
    };
    let remainingMs = 60_000;
    const observer = { ...silent, stepEnded: () => void (remainingMs = 500) };
    const key = newKey();
    await start(
      key,
      new Runner(backendOf(test_.app), observer, { remainingMs: () => remainingMs, stepMs: 1_000 }),
    );
    expect(names()).toEqual(['a']);
    const crash = () => {
      throw new Crash();
    };
    const doomed = test_.doomedRunner({ runClaimed: crash });
    // It dies at once: not even a release.
    const backend = backendOf(test_.app);
    let isDead = false;
    const dying = new Runner(
      interposed(backend, () => {
        if (isDead) throw new Crash();
      }),
      {
        ...silent,
        runClaimed: () => {
          isDead = true;
          throw new Crash();
        },
      },
      { remainingMs: () => -1, stepMs: -1 },
    );
    void doomed;
    await expect(start(key, dying)).rejects.toThrow(Crash);
    clock.put(2 * HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  });
});

describe('a step called "start" that waits', () => {
  test('does not make its tick fail', async () => {
    script.define = (workflow) => workflow.sleep('start', { days: 1 });
    const tick = {
      key: 'now',
      at: '2026-01-05T14:30:00Z',
      overlap: 'allow' as const,
      isRedelivered: true,
      starts: [{ key: newKey(), workflow: new Changing(), filter: {} }],
      isOurs: () => true,
    };
    const { runs } = await runTick(tick, test_.runner(), { runFailed: () => undefined });
    expect(runs).toMatchObject([{ state: 'IN_PROGRESS' }]);
  });
});
