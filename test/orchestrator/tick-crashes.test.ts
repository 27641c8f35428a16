import type { Config } from '../../orchestrator/config.ts';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import { runId } from '../../orchestrator/durable/ids.ts';
import type { Run } from '../../orchestrator/durable/run.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { runTick, type Tick } from '../../orchestrator/tick/run-tick.ts';
import { scheduleTrigger } from '../../orchestrator/tick/trigger.ts';
import { holdClock } from '../support/clock.ts';
import { calls, Changing, Echo, script } from '../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../support/durable-app.ts';
import { dyingAt } from '../support/interposed.ts';

// What a tick decides about its runs holds, whichever write its orchestrator dies at, and whatever resumes them.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());
beforeEach(async () => {
  clock = holdClock();
  await test_.actions.deleteMany({});
});
afterEach(() => clock.release());

const MINUTE = 60_000;
const LIMIT = 60;
const log = { runFailed: () => undefined };
const names = () => calls.map(({ name }) => name);
/** Leaves the run's id as its trace. */
const trade = (workflow: Changing) => workflow.echo('trade', String(workflow._id));
const open = (workflow: Changing) => workflow.sleep('long', { days: 1 });

interface Scene {
  scheduledTime: string;
  overlap: Config['overlap'];
  filter: { overlap: string };
}

/** A tick of one symbol, as its delivery at this moment decides it. */
function tickOf({ scheduledTime, overlap, filter }: Scene, late?: true): Tick {
  const event = { scheduledTime, ...(late && { late }) };
  const trigger = scheduleTrigger(event, { overlap, maxTickAgeMinutes: LIMIT } as Config, new Date());
  const key = `${filter.overlap}/${scheduledTime}`;
  return { ...trigger, starts: [{ key, workflow: new Changing(), filter }], isOurs: () => true };
}
const keyOf = ({ scheduledTime, filter }: Scene) => `${filter.overlap}/${scheduledTime}`;
const emptyTick = (): Tick => ({ ...tickOf(sceneNow('skip')), starts: [] });
const sceneNow = (overlap: Scene['overlap']): Scene => ({
  scheduledTime: new Date().toISOString(),
  overlap,
  filter: { overlap: newKey() },
});

const time = (remainingMs = 60_000) => ({ remainingMs: () => remainingMs, stepMs: 1_000 });
const deliver = (tick: Tick, remainingMs?: number) =>
  runTick(tick, new Runner(backendOf(test_.app), silent, time(remainingMs)), log);

/** What was decided about a tick when it came first. */
const decisions: [string, () => Promise<Scene>, number, object][] = [
  [
    'that it came too late',
    async () => {
      const scene = sceneNow('skip');
      clock.put((LIMIT + 1) * MINUTE);
      return scene;
    },
    60_000,
    { state: 'SUCCESS', result: { skipped: expect.stringContaining('minutes late') as string } },
  ],
  [
    'that an earlier run is open, and it is skipped',
    async () => {
      const scene = sceneNow('skip');
      script.define = open;
      await deliver(tickOf(scene));
      clock.put(MINUTE);
      return { ...scene, scheduledTime: new Date().toISOString() };
    },
    60_000,
    { state: 'SUCCESS', result: { skipped: expect.stringContaining('is still open') as string } },
  ],
  [
    'that an earlier run is open, and it waits',
    async () => {
      const scene = sceneNow('queue');
      script.define = open;
      await deliver(tickOf(scene));
      clock.put(MINUTE);
      return { ...scene, scheduledTime: new Date().toISOString() };
    },
    60_000,
    { state: 'IN_PROGRESS', waits: [{ ref: 'queue' }] },
  ],
];

/** What comes after the orchestrator died. */
const afterwards: [string, (scene: Scene) => Promise<unknown>][] = [
  ['its tick is delivered again', (scene) => deliver(tickOf(scene))],
  ['its tick is delivered again, as late', (scene) => deliver(tickOf(scene, true))],
  ['the next tick resumes it', () => deliver(emptyTick())],
  [
    'the next tick of its symbol comes',
    (scene) => deliver(tickOf({ ...scene, overlap: 'skip', scheduledTime: new Date().toISOString() })),
  ],
];

describe.each(decisions)('a tick of which was decided %s,', (_, prepare, remainingMs, expected) => {
  describe.each(afterwards)('whose orchestrator died before %s,', (_, next) => {
    test.each(['before', 'after'] as const)(
      'does not trade, whichever write it died at, %s it',
      async (at) => {
        for (let n = 1; ; n++) {
          const scene = await prepare();
          script.define = trade;
          calls.length = 0;
          const { backend, life } = dyingAt(backendOf(test_.app), n, at);
          const runner = new Runner(backend, silent, time(remainingMs));
          await runTick(tickOf(scene), runner, log).catch(() => undefined);
          if (!life.isOver) break;
          clock.put(MINUTE + 1);
          // If it died before its run was on record, the next delivery decides.
          if ((await test_.actions.countDocuments({ _id: runId(keyOf(scene)) })) === 0) continue;
          await next(scene);
          const run = (await deliver(tickOf(scene))).runs[0] as Run;
          expect(run).toMatchObject(expected);
          expect(names()).not.toContain(runId(keyOf(scene)).toHexString());
          await test_.actions.deleteMany({});
        }
      },
    );
  });
});

describe('a tick that had no time left for its run', () => {
  test.each(['before', 'after'] as const)(
    'is skipped once it is too late, whichever write its orchestrator died at, %s it',
    async (at) => {
      for (let n = 1; ; n++) {
        const scene = sceneNow('skip');
        script.define = trade;
        calls.length = 0;
        const { backend, life } = dyingAt(backendOf(test_.app), n, at);
        const runner = new Runner(backend, silent, time(999));
        await runTick(tickOf(scene), runner, log).catch(() => undefined);
        if (!life.isOver) break;
        clock.put((LIMIT + 1) * MINUTE);
        await deliver(emptyTick());
        await deliver(tickOf(scene));
        const [run] = (await deliver(tickOf(scene))).runs;
        expect(run).toMatchObject({ state: 'SUCCESS', result: { skipped: expect.any(String) as string } });
        expect(names()).toEqual([]);
      }
    },
  );

  test('starts where a later tick has time for it, once, and not after that', async () => {
    const scene = sceneNow('skip');
    script.define = trade;
    calls.length = 0;
    await expect(deliver(tickOf(scene), 999)).rejects.toThrow('1 of 1 runs were not started');
    clock.put(MINUTE);
    await deliver(emptyTick());
    clock.put((LIMIT + 1) * MINUTE);
    expect((await deliver(tickOf(scene))).runs).toMatchObject([{ state: 'SUCCESS' }]);
    expect(names()).toEqual([runId(keyOf(scene)).toHexString()]);
  });
});

test('a run that waited in a queue is skipped by the tick that would resume it, once it is too old', async () => {
  const scene = sceneNow('queue');
  const first = keyOf(scene);
  script.define = open;
  await deliver(tickOf(scene));
  clock.put(MINUTE);
  const second = { ...scene, scheduledTime: new Date().toISOString() };
  calls.length = 0;
  await deliver(tickOf(second));
  // Each tick looks at it, in time and later.
  for (let hour = 0; hour < 30; hour++) {
    clock.put(60 * MINUTE);
    script.define = (workflow) =>
      (String(workflow._id) === runId(first).toHexString() ? open : trade)(workflow);
    await deliver(emptyTick());
  }
  expect((await deliver(tickOf(second))).runs).toMatchObject([
    { state: 'SUCCESS', result: { skipped: expect.stringContaining('too late to start') as string } },
  ]);
  expect(names()).toEqual([]);
});
