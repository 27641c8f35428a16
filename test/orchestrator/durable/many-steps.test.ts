import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import type { RetryPolicy } from '../../../orchestrator/durable/retry-policy.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { interposed } from '../../support/interposed.ts';
import { hangs, Scripted } from '../../support/scripted.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

// Many steps of a run at a time share its time, and neither their attempts nor their outcomes.
const clock = new VirtualClock();
let seed = 1;
/** Another number at each call, and the same ones in each run of this test. */
const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
/** A replay of many steps takes many turns, and no time. */
const turn = async () => {
  const event = { command: 'turn', database: '', connectionId: 0 };
  clock.onCommand({ ...event, phase: 'received' });
  await clock.turn();
  clock.onCommand({ ...event, phase: 'answered' });
};
const drawing = Object.assign(Object.create(clock) as VirtualClock, {
  ...{ now: clock.now, turn, token: clock.token, sleep: clock.sleep },
  random,
});
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Scripted], { onCommand: clock.onCommand });
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
  seed = 1;
});

const STEP_MS = 15_000;
/** One invocation of an orchestrator. */
function invoke(key: string, limitMs = 60_000, backend = backendOf(test_.app)) {
  const endsAt = clock.now() + limitMs;
  const time = { remainingMs: () => endsAt - clock.now(), stepMs: STEP_MS };
  const ran = new Runner(backend, silent, time, drawing).run({ key, workflow: new Changing() });
  return ran.then((run) => ({ ...run, leftMs: time.remainingMs() }));
}
const refs = (count: number) => Array.from({ length: count }, (_, index) => `step ${index}`);

describe('twenty branches in parallel whose callee is away', () => {
  /** That of the steps that invoke a function: half an hour on average. */
  const retryPolicy: RetryPolicy = { attempts: 16, firstBackoffMs: 200, longestBackoffMs: 15 * 60_000 };
  const MINUTE = 60_000;
  let attempts: Map<string, number[]>;
  let isAway: boolean;
  beforeEach(() => {
    attempts = new Map();
    isAway = true;
    script.define = (workflow) =>
      Promise.all(
        refs(20).map((ref) => {
          const main = () => {
            attempts.set(ref, [...(attempts.get(ref) ?? []), clock.now()]);
            if (isAway) throw new Error('away');
            return ActionState.SUCCESS;
          };
          return workflow.do(ref, Scripted.of({ main, retryPolicy }));
        }),
      );
  });

  /** Bounds of the waits after each attempt: the policy's, times a random number of which none is above 1. */
  const all = () => [...attempts.values()];

  test('have their own attempts, over the half hour that these take', async () => {
    const key = newKey();
    const begun = clock.now();
    let run = await invoke(key);
    // A tick comes each minute, whatever is due.
    for (let tick = 0; run.state === 'IN_PROGRESS' && tick < 500; tick++) {
      clock.advance(MINUTE);
      run = await invoke(key);
    }
    expect(run.state).toBe('ERROR');
    expect(all()).toHaveLength(20);
    for (const each of all()) expect(each.length).toBeLessThanOrEqual(16);
    // The run ends with the first branch that has made all of its attempts.
    const used = all().find(({ length }) => length === 16)!;
    expect(used.at(-1)! - begun).toBeGreaterThan(20 * MINUTE);
    // None has made more of them in the first minute than its waits allow.
    for (const each of all()) expect(each.filter((at) => at < begun + MINUTE).length).toBeLessThan(14);
  });

  test('are not attempted before they are due, however often their tick is delivered', async () => {
    const key = newKey();
    let run = await invoke(key);
    for (let delivery = 0; delivery < 20; delivery++) {
      const due = new Map(run.waits.map(({ ref, due }) => [ref, due.getTime()]));
      const before = new Map([...attempts].map(([ref, { length }]) => [ref, length]));
      clock.advance(1_000);
      run = await invoke(key);
      for (const [ref, each] of attempts) {
        const [next] = each.slice(before.get(ref));
        if (next !== undefined) expect(next).toBeGreaterThanOrEqual(due.get(ref)!);
      }
    }
    isAway = false;
    for (let tick = 0; run.state === 'IN_PROGRESS' && tick < 30; tick++) {
      clock.advance(MINUTE);
      run = await invoke(key);
    }
    expect(run.state).toBe('SUCCESS');
  });
});

/** Sleeps that end at the same time are one, so that a test is quick. */
const sleeps = new Map<number, Promise<void>>();
function sleep(ms: number): Promise<void> {
  const at = clock.now() + ms;
  const slept = sleeps.get(at) ?? clock.sleep(ms);
  sleeps.set(at, slept);
  return slept;
}

describe('three hundred steps in parallel', () => {
  let atOnce: number;
  let most: number;
  beforeEach(() => {
    atOnce = most = 0;
  });
  const all = (ms: number) => async (workflow: Changing) => {
    const results = await Promise.all(
      refs(300).map((ref) =>
        workflow.do(ref, async () => {
          calls.push({ name: ref, key: '' });
          most = Math.max(most, ++atOnce);
          await sleep(ms);
          atOnce--;
          return ref;
        }),
      ),
    );
    return results.length;
  };

  test('are executed fifty at a time', async () => {
    script.define = all(100);
    expect(await invoke(newKey())).toMatchObject({ state: 'SUCCESS', result: 300 });
    expect(most).toBe(50);
    expect(calls).toHaveLength(300);
  });

  test('that the time does not hold are executed once each, over as many passes as that takes', async () => {
    script.define = all(10_000);
    const key = newKey();
    let run = await invoke(key);
    let passes = 1;
    for (; run.state === 'IN_PROGRESS' && passes < 20; passes++) {
      expect(run.leftMs).toBeGreaterThan(0);
      clock.advance(1_000);
      run = await invoke(key);
    }
    expect(run).toMatchObject({ state: 'SUCCESS', result: 300 });
    expect(passes).toBeGreaterThan(1);
    expect(calls).toHaveLength(300);
  });

  test('have their outcomes on record in time, also where each write takes a second', async () => {
    script.define = all(5_000);
    const slow = interposed(backendOf(test_.app), (phase) => {
      return phase === 'after' ? clock.sleep(1_000) : undefined;
    });
    const key = newKey();
    let run = await invoke(key, 60_000, slow);
    let passes = 1;
    for (; run.state === 'IN_PROGRESS' && passes < 20; passes++) {
      expect(run.leftMs).toBeGreaterThan(0);
      run = await invoke(key, 60_000, slow);
    }
    expect(run).toMatchObject({ state: 'SUCCESS', result: 300 });
    expect(calls).toHaveLength(300);
  });

  test('of which some hang leave the others their places, and their outcomes', async () => {
    const hanging = new Set(refs(300).filter((_, index) => index % 100 === 0));
    let isRepaired = false;
    const retryPolicy = { attempts: 1_000, firstBackoffMs: 0, longestBackoffMs: 0 };
    script.define = (workflow) =>
      Promise.all(
        refs(300).map((ref) => {
          const main = () => {
            calls.push({ name: ref, key: '' });
            return hanging.has(ref) && !isRepaired ? hangs() : ActionState.SUCCESS;
          };
          return workflow.do(ref, Scripted.of({ main, retryPolicy }));
        }),
      ).then(({ length }) => length);
    const key = newKey();
    const run = await invoke(key);
    expect(run.state).toBe('IN_PROGRESS');
    expect(run.steps).toHaveLength(297);
    expect(run.leftMs).toBeGreaterThan(0);
    isRepaired = true;
    clock.advance(1_000);
    expect(await invoke(key)).toMatchObject({ waits: [], blocked: null, state: 'SUCCESS', result: 300 });
    expect(calls.filter(({ name }) => !hanging.has(name))).toHaveLength(297);
  });
});

test('a step with a timeout that waits for its place among fifty has all of its time once it has it', async () => {
  script.define = (workflow) =>
    Promise.all(
      refs(120).map((ref) =>
        workflow.do(ref, () => sleep(9_000).then(() => ref), { timeout: { seconds: 10 } }),
      ),
    ).then(({ length }) => length);
  expect(await invoke(newKey(), 120_000)).toMatchObject({ state: 'SUCCESS', result: 120 });
});
