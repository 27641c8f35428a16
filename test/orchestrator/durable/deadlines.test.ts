import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { systemClock } from '../../../orchestrator/durable/clock.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { noTimeLimit } from '../../../orchestrator/durable/suspension.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import {
  newKey,
  readyRuns,
  silent,
  startDurableApp,
  type DurableTestApp,
} from '../../support/durable-app.ts';
import { interposed } from '../../support/interposed.ts';
import { Scripted } from '../../support/scripted.ts';

// A deadline is judged by when things happened, and no clock starts before the first attempt.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Scripted]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => clock.release());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const control = () => new RunControl(backendOf(test_.app));
const approve = (key: string) => control().signal(runId(key), 'approval', { approved: true });
const names = () => calls.map(({ name }) => name);
/** A runner with so much time, of which a step needs 1,000 ms. */
const runnerWith = (remainingMs: () => number) =>
  new Runner(backendOf(test_.app), silent, { remainingMs, stepMs: 1_000 });

/** Takes a while, of which a timer that is too long for Node would see the end of its first millisecond. */
const aWhile = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return 'done';
};

describe('a time that is longer than a timer of Node', () => {
  test.each([25, 50, 500])(
    'of %i days is slept for as long as it is, and its end can be cut off',
    async (n) => {
      const cut = new AbortController();
      let isOver = false;
      const slept = systemClock.sleep(n * DAY, cut.signal).then(() => (isOver = true));
      await aWhile();
      expect(isOver).toBe(false);
      cut.abort();
      await slept;
    },
  );

  const within: [string, () => Runner][] = [
    ['where a pass has little time', () => test_.runner()],
    ['where a pass has any time at all', () => new Runner(backendOf(test_.app), silent, noTimeLimit)],
    [
      'where a pass has more time than a timer',
      () => new Runner(backendOf(test_.app), silent, { remainingMs: () => 60 * DAY, stepMs: 30 * DAY }),
    ],
  ];
  describe.each(within)('%s,', (_, runner) => {
    test.each([25, 50])('as the timeout of a step lets it end: %i days', async (days) => {
      script.define = (workflow) => workflow.do('step', aWhile, { timeout: { days } });
      expect(await start(newKey(), runner())).toMatchObject({ state: 'SUCCESS', result: 'done' });
    });

    test('as the timeout of a wait is waited for: 25 days', async () => {
      script.define = (workflow) => workflow.waitFor('approval', { timeout: { days: 25 } });
      const key = newKey();
      const due = new Date(Date.now() + 25 * DAY);
      expect(await start(key, runner())).toMatchObject({ waits: [{ ref: 'approval', due }] });
      clock.put(25 * DAY - 60_000);
      expect(await start(key, runner())).toMatchObject({ state: 'IN_PROGRESS' });
      clock.put(60_000);
      expect(await start(key, runner())).toMatchObject({ error: { name: 'StepTimeoutError' } });
    });

    test('as a sleep is slept for: 25 days', async () => {
      script.define = (workflow) => workflow.sleep('long', { days: 25 });
      const key = newKey();
      expect(await start(key, runner())).toMatchObject({ state: 'IN_PROGRESS' });
      clock.put(25 * DAY - 60_000);
      expect(await readyRuns(runner())).not.toContainEqual(runId(key));
      clock.put(60_000);
      expect(await start(key, runner())).toMatchObject({ state: 'SUCCESS' });
    });
  });
});

describe('a step that was put off before its first attempt', () => {
  const timeout = { hours: 1 };
  const echo = (workflow: Changing, value: string) =>
    workflow.do(value, new Echo().setArgument({ value }), { timeout });

  test('because no time was left has all of its time in the morning', async () => {
    let remainingMs = 60_000;
    script.define = async (workflow) => {
      await workflow.do('evening', () => void (remainingMs = 500));
      return echo(workflow, 'morning');
    };
    const key = newKey();
    expect(
      await start(
        key,
        runnerWith(() => remainingMs),
      ),
    ).toMatchObject({
      state: 'IN_PROGRESS',
      waits: [{ ref: 'morning', attempts: 0 }],
    });
    clock.put(10 * HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'morning' } });
    expect(names()).toEqual(['morning']);
  });

  test('more than once has all of its time when it is attempted', async () => {
    let remainingMs = 60_000;
    script.define = async (workflow) => {
      await workflow.do('evening', () => void (remainingMs = 500));
      return echo(workflow, 'morning');
    };
    const key = newKey();
    await start(
      key,
      runnerWith(() => remainingMs),
    );
    for (let day = 0; day < 3; day++) {
      clock.put(10 * HOUR);
      remainingMs = 1_500;
      // Time enough to replay the run, and not for a step.
      const run = await start(
        key,
        runnerWith(() => (remainingMs > 1_000 ? (remainingMs -= 200) : 500)),
      );
      expect(run).toMatchObject({ state: 'IN_PROGRESS' });
    }
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'morning' } });
  });

  test('because its run slept has all of its time afterwards', async () => {
    script.define = async (workflow) => {
      await workflow.sleep('night', { hours: 10 });
      return echo(workflow, 'morning');
    };
    const key = newKey();
    await start(key);
    clock.put(20 * HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'morning' } });
  });
});

describe('a job that has a timeout', () => {
  const endsAfter = (ms: number) => (workflow: Changing) => {
    const end = Date.parse('2026-01-05T14:30:00Z') + ms;
    const job = Scripted.of({
      main: () => {
        calls.push({ name: 'begin', key: '' });
        return ActionState.IN_PROGRESS;
      },
      watcher: () => (Date.now() < end ? ActionState.IN_PROGRESS : ActionState.SUCCESS),
    });
    return workflow.do('job', job, { timeout: { hours: 1 } }).then(() => 'done');
  };

  test.each([1, 10, 1_000])(
    'and was done in time counts as in time, looked at %i hours late',
    async (late) => {
      script.define = endsAfter(HOUR / 2);
      const key = newKey();
      expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
      clock.put(HOUR + late * HOUR);
      expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: 'done' });
      expect(names()).toEqual(['begin']);
    },
  );

  test('and is not done by then fails, and not before', async () => {
    script.define = endsAfter(100 * HOUR);
    const key = newKey();
    await start(key);
    clock.put(HOUR - 1_000_000);
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    clock.put(1_000_000);
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'StepTimeoutError' } });
  });
});

describe('an answer that is stamped before the deadline', () => {
  /** A pass that looks at a run when the deadline is over; the answer, which was stamped before, lands at its n-th write. */
  async function answeredBefore(write: number, define: (workflow: Changing) => Promise<unknown>) {
    script.define = define;
    const key = newKey();
    await start(key);
    clock.put(HOUR);
    const stamped = { ...systemClock, now: () => Date.now() - 1 };
    let writes = 0;
    let outcome: unknown;
    const backend = interposed(backendOf(test_.app), async (phase) => {
      if (phase !== 'before' || ++writes !== write) return;
      const inTime = new RunControl(backendOf(test_.app), stamped);
      outcome = await inTime.signal(runId(key), 'approval', { approved: true });
    });
    await start(key, new Runner(backend, silent, { remainingMs: () => 60_000, stepMs: -1 }));
    return { key, outcome };
  }
  const wait = (workflow: Changing) => workflow.waitFor('approval', { timeout: { hours: 1 } });
  const result = { approved: true };

  test.each([1, 2])('counts, where it lands before write %i of the pass that looks at it', async (write) => {
    const { key, outcome } = await answeredBefore(write, wait);
    expect(outcome).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result });
  });

  test('counts, where it lands after the pass has loaded the run and before it writes the timeout', async () => {
    script.define = wait;
    const key = newKey();
    await start(key);
    clock.put(HOUR - 1);
    let outcome: unknown;
    script.define = async (workflow) => {
      // The pass has read the run by now, and has not looked at the time.
      if (outcome === undefined) {
        outcome = await approve(key);
        clock.put(1);
      }
      return wait(workflow);
    };
    expect(await start(key)).toMatchObject({ error: null, state: 'SUCCESS', result });
    expect(outcome).toEqual({ outcome: 'taken' });
  });

  test('counts in a race with a sleep that ends at the same time', async () => {
    script.define = (workflow) =>
      Promise.race([wait(workflow), workflow.sleep('an hour', { hours: 1 }).then(() => 'no answer')]);
    const key = newKey();
    await start(key);
    clock.put(HOUR - 1);
    await approve(key);
    clock.put(1);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result });
  });

  test('does not count when it is stamped at the deadline', async () => {
    script.define = wait;
    const key = newKey();
    await start(key);
    clock.put(HOUR);
    expect(await approve(key)).toEqual({ outcome: 'timed-out' });
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'StepTimeoutError' } });
  });
});
