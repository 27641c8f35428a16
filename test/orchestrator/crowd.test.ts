import { ActionState } from '@wbce/orbits-core';
import { Types } from 'mongoose';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';
import type { RunObserver } from '../../orchestrator/durable/run-observer.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { OPEN_LIMIT } from '../../orchestrator/tick/resume-open.ts';
import { runTick, type Tick } from '../../orchestrator/tick/run-tick.ts';
import { calls, Changing, Echo, script } from '../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../support/durable-app.ts';
import { hangs, Scripted } from '../support/scripted.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

// Neither many runs nor slow ones keep a tick from its own, or a run from its turn.
const clock = new VirtualClock();
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Scripted], { onCommand: clock.onCommand });
});
afterAll(() => test_.close());
beforeEach(async () => {
  calls.length = 0;
  await test_.actions.deleteMany({});
});

const log = { runFailed: () => undefined };
const STEP_MS = 15_000;
const courses = new Map<string, (workflow: Changing) => Promise<unknown>>();
script.define = (workflow) => courses.get((workflow.argument as { of: string }).of)!(workflow);

function tickOf(define: (workflow: Changing) => Promise<unknown>, count = 1, more: Partial<Tick> = {}): Tick {
  const of = newKey();
  courses.set(of, define);
  const starts = Array.from({ length: count }, (_, index) => {
    return { key: `${of}/${index}`, workflow: new Changing().setArgument({ of }), filter: {} };
  });
  const at = new Date(0).toISOString();
  return { key: of, at, overlap: 'skip', isRedelivered: true, isOurs: () => true, starts, ...more };
}

/** One invocation, which has a minute. */
async function invoke(tick: Tick, observer: Partial<RunObserver> = {}) {
  const endsAt = clock.now() + 60_000;
  const time = { remainingMs: () => endsAt - clock.now(), stepMs: STEP_MS };
  const runner = new Runner(backendOf(test_.app), { ...silent, ...observer }, time, clock);
  const result = await runTick(tick, runner, log);
  return { ...result, leftMs: time.remainingMs() };
}
const echo = (workflow: Changing) => workflow.echo('only', 'x');
const nothing = () => tickOf(echo, 0);

/** What takes longer than a tick has. */
const slow: [string, (workflow: Changing) => Promise<unknown>, object][] = [
  [
    'a step that hangs, and is attempted again',
    (workflow) => {
      const retryPolicy = { attempts: 1_000, firstBackoffMs: 0, longestBackoffMs: 0 };
      return workflow.do('hung', Scripted.of({ main: hangs, retryPolicy }));
    },
    { state: 'IN_PROGRESS', waits: [{ ref: 'hung' }] },
  ],
  [
    'a step that hangs, and is not attempted again',
    (workflow) => workflow.do('hung', hangs),
    { state: 'ERROR', error: { name: 'AttemptTimeoutError' } },
  ],
  [
    'a sleep of a day inside a step',
    (workflow) => workflow.do('nap', () => clock.sleep(86_400_000)),
    { state: 'ERROR', error: { name: 'AttemptTimeoutError' } },
  ],
  [
    'a sleep of a day between two steps, which is not a step',
    () => clock.sleep(86_400_000),
    { state: 'IN_PROGRESS', blocked: { error: { name: 'StuckWorkflowError' } } },
  ],
  [
    'a job that hangs when it is asked about',
    (workflow) => {
      const retryPolicy = { attempts: 1_000, firstBackoffMs: 0, longestBackoffMs: 0 };
      const main = () => ActionState.IN_PROGRESS;
      return workflow.do('job', Scripted.of({ main, watcher: hangs, due: () => new Date(0), retryPolicy }));
    },
    { state: 'IN_PROGRESS', waits: [{ ref: 'job' }] },
  ],
];

describe.each(slow)('%s', (_, define, expected) => {
  test('leaves each of ten ticks in a row its own runs and the time to answer, and is never a crash', async () => {
    const first = tickOf(define);
    first.starts.push(...tickOf(echo, 3).starts);
    const { runs, leftMs } = await invoke(first);
    expect(runs).toMatchObject([expected, ...Array<object>(3).fill({ state: 'SUCCESS' })]);
    expect(leftMs).toBeGreaterThan(0);
    for (let tick = 1; tick < 10; tick++) {
      clock.advance(60_000);
      const { runs, leftMs } = await invoke(tickOf(echo, 3));
      expect(runs.slice(0, 3)).toMatchObject(Array(3).fill({ state: 'SUCCESS' }));
      expect(leftMs).toBeGreaterThan(0);
      for (const { blocked } of runs) expect(blocked?.error.name).not.toBe('CrashLoopError');
    }
  });
});

test('of 30 runs that each take the whole time of a tick each gets its turn within three ticks, the ones that wait longest first', async () => {
  const turns: string[] = [];
  const onTurn = { runClaimed: ({ filter }: RunDocument) => void turns.push(filter.key) };
  const polling = tickOf((workflow) => {
    const look = () => ActionState.IN_PROGRESS;
    return workflow.do('job', Scripted.of({ main: look, watcher: look, due: () => new Date(clock.now()) }));
  }, 30);
  for (const start of polling.starts) {
    const time = { remainingMs: () => -1, stepMs: -1 };
    await new Runner(backendOf(test_.app), silent, time, clock).claim(start);
    clock.advance(1);
  }
  const left: number[] = [];
  for (let tick = 0; tick < 3; tick++) {
    const { remaining } = await invoke(nothing(), onTurn);
    left.push(remaining.length);
    clock.advance(1_000);
  }
  expect(new Set(turns)).toEqual(new Set(polling.starts.map(({ key }) => key)));
  expect(left).toEqual([20, 20, 20]);
});

/** Runs that are due for long, and that another orchestrator holds. */
async function crowd(count: number) {
  const lastActivity = new Date(clock.now());
  const held = Array.from({ length: count }, (_, index): Partial<RunDocument> => {
    return {
      _id: new Types.ObjectId(),
      state: ActionState.EXECUTING_MAIN,
      actionRef: Changing.permanentRef,
      createdAt: new Date(0),
      filter: { key: `crowd/${index}` },
      bag: { version: 1, claims: 1, steps: [], recorded: 0, holder: 'another' },
      cronActivity: { pending: true, lastActivity, nextActivity: new Date(index) },
    };
  });
  for (let from = 0; from < count; from += 500) await test_.actions.insertMany(held.slice(from, from + 500));
}

test('a tick behind more open runs than it reads starts its own, and sees what these overlap', async () => {
  await crowd(OPEN_LIMIT);
  const keys = ['skip', 'queue'] as const;
  const earlier = tickOf((workflow) => workflow.sleep('long', { days: 1 }), 2);
  for (const [index, start] of earlier.starts.entries()) start.filter = { overlap: keys[index]! };
  await invoke(earlier);
  clock.advance(1_000);
  for (const overlap of keys) {
    const tick = tickOf(echo, 2, { overlap });
    tick.starts[0]!.filter = { overlap };
    const { runs } = await invoke(tick);
    expect(runs).toMatchObject([
      overlap === 'skip'
        ? { result: { skipped: expect.stringContaining('is still open') as string } }
        : { waits: [{ ref: 'queue' }] },
      { state: 'SUCCESS', result: { value: 'x' } },
    ]);
  }
  expect(calls).toHaveLength(2);
});
