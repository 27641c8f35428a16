import { backendOf } from '../../orchestrator/durable/backend.ts';
import { runId } from '../../orchestrator/durable/ids.ts';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';
import type { RunObserver } from '../../orchestrator/durable/run-observer.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { runTick, UnfinishedTickError, type Tick } from '../../orchestrator/tick/run-tick.ts';
import { calls, Changing, Echo, script } from '../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../support/durable-app.ts';
import { hangs, Scripted } from '../support/scripted.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

// No run of a tick can harm another one.
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

/** What a tick starts, and what its runs do. */
function tickOf(define: (workflow: Changing) => Promise<unknown>, count = 1, more: Partial<Tick> = {}): Tick {
  const of = newKey();
  return {
    key: of,
    at: new Date(0).toISOString(),
    overlap: 'skip',
    isRedelivered: true,
    isOurs: () => true,
    starts: Array.from({ length: count }, (_, index) => {
      return { key: `${of}/${index}`, workflow: new Changing().setArgument({ of }), filter: {} };
    }),
    ...more,
    ...(courses.set(of, define) && {}),
  };
}
/** What a run does, by its argument. */
const courses = new Map<string, (workflow: Changing) => Promise<unknown>>();
script.define = (workflow) => courses.get((workflow.argument as { of: string }).of)!(workflow);

/** One invocation, which has so much time. */
async function invoke(tick: Tick, limitMs = 60_000, observer: Partial<RunObserver> = {}) {
  const endsAt = clock.now() + limitMs;
  const time = { remainingMs: () => endsAt - clock.now(), stepMs: STEP_MS };
  const runner = new Runner(backendOf(test_.app), { ...silent, ...observer }, time, clock);
  const result = await runTick(tick, runner, log);
  return { ...result, leftMs: time.remainingMs() };
}

const echo = (workflow: Changing) => workflow.echo('only', 'x');
/** Fails each attempt by its length, and is tried again at once. */
const hung = (workflow: Changing) =>
  workflow.do(
    'hung',
    Scripted.of({ main: hangs, retryPolicy: { attempts: 1_000, firstBackoffMs: 0, longestBackoffMs: 0 } }),
  );

/** The runner of a process whose lease has ended as soon as it is taken. */
const dying = () => new Runner(backendOf(test_.app), silent, { remainingMs: () => -1, stepMs: -1 }, clock);

/** Leaves runs in mid-pass, as an orchestrator that crashed does. */
async function leave(define: (workflow: Changing) => Promise<unknown>, count: number): Promise<void> {
  for (const start of tickOf(define, count).starts) await dying().claim(start);
}

test('earlier runs that hang leave a tick the time for its own runs', async () => {
  await leave(hung, 25);
  const { runs } = await invoke(tickOf(echo, 5));
  expect(runs.slice(0, 5)).toMatchObject(Array(5).fill({ state: 'SUCCESS' }));
});

test('a step that hangs leaves the other runs of its tick alone, and the time to say so', async () => {
  const tick = tickOf(echo, 12);
  const slow = tickOf(hung);
  tick.starts.unshift(...slow.starts);
  const { runs, leftMs } = await invoke(tick);
  expect(runs[0]).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'hung' }] });
  expect(runs.slice(1)).toMatchObject(Array(12).fill({ state: 'SUCCESS' }));
  expect(leftMs).toBeGreaterThan(0);
});

test('an attempt that hangs ends before the time of its invocation does, also if it is begun at the last moment', async () => {
  const { runs, leftMs } = await invoke(tickOf(hung), STEP_MS);
  expect(runs).toMatchObject([{ state: 'IN_PROGRESS' }]);
  expect(leftMs).toBeGreaterThan(0);
});

test('a workflow that waits for something that is not a step is blocked in time, and says so', async () => {
  const tick = tickOf(hangs);
  tick.starts.push(...tickOf(echo, 12).starts);
  const { runs, leftMs } = await invoke(tick);
  expect(runs[0]).toMatchObject({ state: 'IN_PROGRESS', blocked: { error: { name: 'StuckWorkflowError' } } });
  expect(runs.slice(1)).toMatchObject(Array(12).fill({ state: 'SUCCESS' }));
  expect(leftMs).toBeGreaterThan(0);
});

test("a tick's own runs are on record before it resumes an earlier one", async () => {
  const tick = tickOf(echo, 3);
  let onRecord = 0;
  await leave(async () => {
    onRecord = await test_.actions.countDocuments({ _id: { $in: tick.starts.map(({ key }) => runId(key)) } });
  }, 1);
  await invoke(tick);
  expect(onRecord).toBe(3);
});

test('of 101 runs that are always due each gets its turn, and `remaining` counts those that were left', async () => {
  // They wait in a queue, each behind a run of its own that sleeps.
  const turns = new Set<string>();
  const onTurn = { runSuspended: ({ _id }: RunDocument) => void turns.add(_id.toHexString()) };
  const long = (workflow: Changing) => workflow.sleep('long', { days: 1 });
  const first = tickOf(long, 101);
  const second = tickOf(echo, 101, { overlap: 'queue' });
  for (const { starts } of [first, second])
    for (const [index, start] of starts.entries()) start.filter = { overlap: String(index) };
  await invoke(first);
  clock.advance(1);
  await invoke(second);
  clock.advance(1);
  const { remaining } = await invoke(tickOf(echo, 0), 60_000, onTurn);
  expect(remaining).toHaveLength(1);
  expect(turns.size).toBe(100);
  clock.advance(1);
  await invoke(tickOf(echo, 0), 60_000, onTurn);
  expect(turns.size).toBe(101);
}, 60_000);

test('two ticks at once of what overlaps: one trades, and the other one is skipped', async () => {
  for (let round = 0; round < 10; round++) {
    calls.length = 0;
    const filter = { overlap: newKey() };
    const ticks = [tickOf(echo), tickOf(echo)];
    for (const { starts } of ticks) starts[0]!.filter = filter;
    // Both are still open while the other one looks.
    for (const { key } of ticks)
      courses.set(key, async (workflow) => {
        await workflow.sleep('until both have looked', { hours: 1 });
        return echo(workflow);
      });
    const results = await Promise.all(ticks.map((tick) => invoke(tick)));
    const states = results.map(({ runs }) => runs[0]!.state).sort();
    expect(states).toEqual(['IN_PROGRESS', 'SUCCESS']);
    await test_.actions.deleteMany({});
  }
});

test('runs that a tick had no time for are not started after the limit, even if its orchestrator died', async () => {
  const tick = tickOf(echo, 3, { startBy: new Date(clock.now() - 1) });
  for (const start of tick.starts) await dying().claim({ ...start, startBy: tick.startBy! });
  const { runs } = await invoke(tickOf(echo));
  expect(runs.slice(1)).toMatchObject(Array(3).fill({ result: { skipped: expect.any(String) as string } }));
  expect(calls).toHaveLength(1);
});

test('a tick whose own runs were put off says so, and they are due', async () => {
  const tick = tickOf(echo, 3);
  await expect(invoke(tick, STEP_MS / 2)).rejects.toThrow(UnfinishedTickError);
  const { runs } = await invoke(tickOf(echo, 0));
  expect(runs).toMatchObject(Array(3).fill({ state: 'SUCCESS' }));
});
