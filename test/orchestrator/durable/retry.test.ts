import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { backoffMs } from '../../../orchestrator/durable/retry-policy.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import type { Suspension } from '../../../orchestrator/durable/suspension.ts';
import { holdClock } from '../../support/clock.ts';
import { Changing, Echo, script } from '../../support/counting.ts';
import {
  newKey,
  readyRuns,
  silent,
  startDurableApp,
  type DurableTestApp,
} from '../../support/durable-app.ts';

class PassingFault extends Error {}

/** Fails as often as the test asks, and keeps its keys. */
class Flaky extends DurableAction {
  static override permanentRef = 'flaky';
  static failures = 0;
  static keys: string[] = [];
  static firstBackoffMs = 1;
  override readonly retryPolicy = {
    attempts: 4,
    firstBackoffMs: Flaky.firstBackoffMs,
    longestBackoffMs: 60_000,
  };

  override isRetriable(error: unknown): boolean {
    return error instanceof PassingFault;
  }

  override main(): Promise<ActionState> {
    Flaky.keys.push(this.idempotencyKey);
    if (Flaky.keys.length <= Flaky.failures) return Promise.reject(new PassingFault('not now'));
    this.setResult({ after: Flaky.keys.length });
    return Promise.resolve(ActionState.SUCCESS);
  }
}

class Broken extends Flaky {
  static override permanentRef = 'broken';

  override isRetriable(): boolean {
    return false;
  }
}

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Flaky, Broken]);
});
afterAll(() => test_.close());
beforeEach(() => {
  Object.assign(Flaky, { failures: 0, keys: [], firstBackoffMs: 1 });
  script.define = (workflow) => workflow.do('flaky', new Flaky());
});

/** A runner with so much time, of which a step needs 1,000 ms. */
function runnerWith(remainingMs: number, suspensions: Suspension[] = []) {
  const observer = {
    ...silent,
    runSuspended: (_: unknown, suspension: Suspension) => void suspensions.push(suspension),
  };
  return new Runner(backendOf(test_.app), observer, { remainingMs: () => remainingMs, stepMs: 1_000 });
}
const run = (key: string, runner: Runner) => runner.run({ key, workflow: new Changing() });

describe('a step that fails with a fault that passes', () => {
  test('is attempted again under the same key, and the attempts are recorded', async () => {
    Flaky.failures = 3;
    const { state, result, steps } = await run(newKey(), runnerWith(60_000));
    expect({ state, result }).toEqual({ state: 'SUCCESS', result: { after: 4 } });
    expect(steps).toMatchObject([{ attempts: 4 }]);
    expect(new Set(Flaky.keys).size).toBe(1);
  });

  test('fails with its last error once its attempts are used up', async () => {
    Flaky.failures = 4;
    const { state, error, steps } = await run(newKey(), runnerWith(60_000));
    expect({ state, error }).toMatchObject({ state: 'ERROR', error: { message: 'not now' } });
    expect(steps).toMatchObject([{ attempts: 4 }]);
  });

  test('is attempted once if the error is permanent', async () => {
    Flaky.failures = 1;
    script.define = (workflow) => workflow.do('broken', new Broken());
    expect(await run(newKey(), runnerWith(60_000))).toMatchObject({
      state: 'ERROR',
      steps: [{ attempts: 1 }],
    });
  });

  test('suspends its run for a wait that the time left can not hold, and counts on from there', async () => {
    Object.assign(Flaky, { failures: 2, firstBackoffMs: 2 ** 40 });
    const key = newKey();
    const suspensions: Suspension[] = [];
    expect(await run(key, runnerWith(1_500, suspensions))).toMatchObject({ state: 'IN_PROGRESS', steps: [] });
    expect(suspensions[0]).toMatchObject({
      waits: [{ ref: 'flaky', attempts: 1, error: { message: 'not now' } }],
    });

    expect(await readyRuns(runnerWith(60_000))).toEqual([]);
    const due = { $set: { 'cronActivity.nextActivity': new Date(0), 'bag.waits.0.due': new Date(0) } };
    await test_.actions.updateOne({ _id: runId(key) }, due);
    expect(await readyRuns(runnerWith(60_000))).toEqual([runId(key)]);

    Flaky.firstBackoffMs = 1;
    const { state, steps } = await run(key, runnerWith(60_000));
    expect(state).toBe('SUCCESS');
    expect(steps).toMatchObject([{ attempts: 3 }]);
    expect(await test_.actions.findOne({ _id: runId(key) })).toMatchObject({ bag: { claims: 0 } });
  });
});

describe('too little time', () => {
  test('starts no step, and leaves the run to the next orchestrator', async () => {
    const key = newKey();
    expect(await run(key, runnerWith(999))).toMatchObject({ state: 'IN_PROGRESS' });
    expect(Flaky.keys).toEqual([]);
    expect(await readyRuns(runnerWith(60_000))).toEqual([runId(key)]);
    expect(await run(key, runnerWith(60_000))).toMatchObject({ state: 'SUCCESS' });
  });

  test('between two steps keeps the first one', async () => {
    let remainingMs = 60_000;
    script.define = async (workflow) => {
      await workflow.do('flaky', new Flaky());
      return workflow.do('flaky', new Flaky());
    };
    const observer = { ...silent, stepEnded: () => void (remainingMs = 500) };
    const key = newKey();
    const runner = new Runner(backendOf(test_.app), observer, {
      remainingMs: () => remainingMs,
      stepMs: 1_000,
    });
    expect(await run(key, runner)).toMatchObject({ state: 'IN_PROGRESS', steps: [{ ref: 'flaky' }] });
    expect(await run(key, runnerWith(60_000))).toMatchObject({ state: 'SUCCESS' });
    expect(Flaky.keys).toHaveLength(2);
  });
});

test('a step that had no time for its first attempt has all of its timeout later, although its start is on record', async () => {
  const clock = holdClock();
  try {
    script.define = async (workflow) => {
      await workflow.echo('first', 'a');
      return workflow.do('flaky', new Flaky(), { timeout: { hours: 1 } });
    };
    let remainingMs = 60_000;
    const observer = { ...silent, stepEnded: () => void (remainingMs = 500) };
    const time = { remainingMs: () => remainingMs, stepMs: 1_000 };
    const key = newKey();
    expect(await run(key, new Runner(backendOf(test_.app), observer, time))).toMatchObject({
      waits: [{ ref: 'flaky', attempts: 0 }],
    });
    expect((await test_.actions.findOne({ _id: runId(key) }))!['bag']).toMatchObject({
      open: expect.anything() as unknown,
    });
    expect(Flaky.keys).toEqual([]);
    clock.put(2 * 3_600_000);
    expect(await run(key, runnerWith(60_000))).toMatchObject({ state: 'SUCCESS' });
  } finally {
    clock.release();
  }
});

test('the backoff doubles up to its bound, with full jitter', () => {
  const policy = { attempts: 9, firstBackoffMs: 100, longestBackoffMs: 1_000 };
  expect([1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(policy, attempt, 1))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  expect([1, 5].map((attempt) => backoffMs(policy, attempt, 0))).toEqual([0, 0]);
  expect(backoffMs(policy, 3, 0.5)).toBe(200);
});

test('the queries of a tick use their indexes', async () => {
  await run(newKey(), runnerWith(60_000));
  const planOf = async (filter: object) =>
    JSON.stringify(await test_.actions.find(filter).explain('queryPlanner'));
  const open = { state: { $in: [0, 1, 2] }, 'bag.version': { $exists: true } };
  const isDue = { 'cronActivity.nextActivity': { $lte: new Date() } };
  const overlaps = { 'filter.overlap': { $in: ['x'] } };
  expect(await planOf({ ...open, ...isDue })).toContain('"open"');
  expect(await planOf({ ...overlaps, state: { $in: [0, 1, 2] } })).toContain('"overlap"');
});
