import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import type { Run } from '../../../orchestrator/durable/run.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { toReport } from '../../../orchestrator/protocol/report.ts';
import { RunMetrics } from '../../../orchestrator/tick/run-metrics.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

class First extends Changing {
  static override version = 1;
  override define() {
    return long('old')(this);
  }
}

// Containers of two deployments share the runs: what one can't go on with, the other one does.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  Changing.previousVersions = [First];
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => {
  clock.release();
  Object.assign(Changing, { version: 1, previousVersions: [] });
});

const HOUR = 3_600_000;
const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const runnerOf = (backend = backendOf(test_.app), observer = {}) =>
  new Runner(backend, { ...silent, ...observer }, { remainingMs: () => 60_000, stepMs: -1 });

/** Five steps, with a sleep after each one. */
const long = (name: string) => async (workflow: Changing) => {
  for (let step = 0; step < 5; step++) {
    await workflow.echo(`${name} ${step}`, `${name} ${step}`);
    await workflow.sleep(`after ${step}`, { hours: 1 });
  }
  return 'done';
};
const all = (name: string) => Array.from({ length: 5 }, (_, step) => `${name} ${step}`);

/** A container of one deployment, and another one of the other deployment. */
const containers: [string, () => void, () => void][] = [
  [
    'an old one has an earlier version',
    () => {
      Changing.version = 2;
      script.define = long('new');
    },
    () => {
      Changing.version = 1;
      script.define = long('old');
    },
  ],
  [
    'an old one has another code of the same version',
    () => (script.define = long('new')),
    () => (script.define = long('old')),
  ],
  [
    'an old one asks with another argument',
    () => (script.define = long('new')),
    () => {
      script.define = async (workflow) => {
        await workflow.echo('new 0', 'another argument');
      };
    },
  ],
  [
    'an old one ends early',
    () => (script.define = long('new')),
    () => (script.define = (workflow) => workflow.echo('new 0', 'new 0')),
  ],
];

describe.each(containers)('during a deployment, where %s,', (_, useNew, useOld) => {
  test('a run that both take in turns is blocked by the old one, and ends as the new one says', async () => {
    const key = newKey();
    useNew();
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS', blocked: null });
    for (let hour = 0; hour < 5; hour++) {
      clock.put(HOUR);
      useOld();
      for (let tick = 0; tick < 3; tick++) {
        expect(await runnerOf().resume(runId(key))).toMatchObject({
          state: 'IN_PROGRESS',
          blocked: { error: { message: expect.any(String) as string } },
        });
      }
      useNew();
      const run = await start(key);
      expect(run).toMatchObject({ state: hour < 4 ? 'IN_PROGRESS' : 'SUCCESS', blocked: null });
    }
    expect(names()).toEqual(all('new'));
  });

  test('a run that is blocked is seen in the list, the report, the metrics, and shown', async () => {
    const key = newKey();
    useNew();
    await start(key, test_.runner());
    clock.put(HOUR);
    useOld();
    const published: unknown[] = [];
    const metrics = new RunMetrics((name, _unit, value, _dimensions, about) => {
      published.push([name, value, about]);
    });
    const runBlocked = metrics.runBlocked.bind(metrics);
    const run = (await runnerOf(undefined, { runBlocked }).resume(runId(key))) as Run;
    expect(published).toEqual([['RunsBlocked', 1, { run: runId(key).toHexString() }]]);
    const { counts, runs } = toReport('tick', [run], []);
    expect(counts).toMatchObject({ blocked: 1, failed: 0, inProgress: 0 });
    expect(runs).toMatchObject([{ blocked: { error: { name: run.blocked!.error.name } } }]);
    const control = new RunControl(backendOf(test_.app));
    const listed = await control.list({ state: 'BLOCKED', limit: 100 });
    expect(listed.map((each) => each.key)).toContain(key);
    expect(await control.find(runId(key))).toMatchObject({ blocked: { error: run.blocked!.error } });
  });

  test('an answer and a cancellation reach a run that is blocked', async () => {
    const key = newKey();
    useNew();
    await start(key);
    clock.put(HOUR);
    useOld();
    await runnerOf().resume(runId(key));
    useNew();
    const control = new RunControl(backendOf(test_.app));
    expect(await control.signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'kept' });
    expect(await control.cancel(runId(key), 'no more')).toBe('cancelled');
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
  });
});

test('runs of two versions go on next to one another, each by its own', async () => {
  const [old, current] = [newKey(), newKey()];
  script.define = long('old');
  await start(old);
  Object.assign(Changing, { version: 2, previousVersions: [First] });
  script.define = long('new');
  await start(current);
  for (let hour = 0; hour < 5; hour++) {
    clock.put(HOUR);
    await start(old);
    await start(current);
  }
  expect(await start(old)).toMatchObject({ state: 'SUCCESS', version: 1 });
  expect(await start(current)).toMatchObject({ state: 'SUCCESS', version: 2 });
  expect(names().filter((name) => name.startsWith('old'))).toEqual(all('old'));
  expect(names().filter((name) => name.startsWith('new'))).toEqual(all('new'));
});

test('a workflow that is not registered harms no other run of the same tick', async () => {
  script.define = long('new');
  const keys = [newKey(), newKey(), newKey()];
  for (const key of keys) await start(key);
  const unregistered = { ...backendOf(test_.app), workflows: new Map<string, never>() };
  clock.put(HOUR);
  expect(await runnerOf(unregistered).resume(runId(keys[1]!))).toMatchObject({
    blocked: { error: { name: 'UnknownWorkflowError' } },
  });
  expect(await start(keys[0]!)).toMatchObject({ blocked: null, steps: [{}, {}, {}] });
  expect(await start(keys[1]!)).toMatchObject({ blocked: null, steps: [{}, {}, {}] });
  expect(await start(keys[2]!)).toMatchObject({ blocked: null, steps: [{}, {}, {}] });
});
