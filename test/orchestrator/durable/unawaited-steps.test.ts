import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { dyingAt } from '../../support/interposed.ts';

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => clock.release());

const start = (key = newKey(), runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const refs = (steps: { ref: string }[]) => steps.map(({ ref }) => ref);

describe('a step that the workflow does not await', () => {
  /** As many steps before it as said. */
  const loose = (before: number, more: (workflow: Changing) => unknown) => async (workflow: Changing) => {
    for (let step = 0; step < before; step++) await workflow.echo(`before ${step}`, String(step));
    more(workflow);
    return 'done';
  };

  test.each([1, 2])('is carried out before the run ends, where %i steps come before it', async (before) => {
    script.define = loose(before, (workflow) => void workflow.echo('loose', 'x'));
    const run = await start(newKey());
    expect(run).toMatchObject({ state: 'SUCCESS', result: 'done' });
    expect(refs(run.steps)).toContain('loose');
    expect(names()).toContain('x');
  });

  test('is named with its failure, and the run ends as the workflow says', async () => {
    script.define = loose(1, (workflow) => void workflow.do('loose', new Refuse()));
    expect(await start(newKey())).toMatchObject({
      state: 'SUCCESS',
      steps: [{}, { ref: 'loose', outcome: { state: 'ERROR', error: { name: 'OutOfStockError' } } }],
    });
  });

  test.each(['before', 'after'] as const)(
    'is executed once on record, whichever write the process dies at, %s the write',
    async (at) => {
      for (let n = 1; ; n++) {
        calls.length = 0;
        script.define = loose(2, (workflow) => void workflow.echo('loose', 'x'));
        const key = newKey();
        const { backend, life } = dyingAt(backendOf(test_.app), n, at);
        const time = { remainingMs: () => 60_000, stepMs: -1 };
        await start(key, new Runner(backend, silent, time)).catch(() => undefined);
        if (!life.isOver) break;
        clock.put(61_000);
        const run = await start(key);
        expect(run).toMatchObject({ state: 'SUCCESS', result: 'done' });
        expect(await test_.actions.countDocuments({ _id: runId(key) })).toBe(1);
        // One key, so that its callee does the work once.
        expect(new Set(calls.map(({ key }) => key)).size).toBe(new Set(names()).size);
      }
    },
  );
});

test('a step that the workflow does not await is carried out where it is the very first one', async () => {
  script.define = (workflow) => {
    void workflow.echo('loose', 'x');
    return Promise.resolve('done');
  };
  const run = await start(newKey());
  expect(run).toMatchObject({ state: 'SUCCESS', result: 'done', steps: [{ ref: 'loose' }] });
  expect(calls).toHaveLength(1);
});

test('a step that the workflow does not await is carried out where the steps before it are replayed', async () => {
  script.define = async (workflow) => {
    await workflow.echo('before', 'a');
    void workflow.echo('loose', 'x');
    return 'done';
  };
  const key = newKey();
  const crash = (_: unknown, { ref }: { ref: string }) => {
    if (ref === 'loose') throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ stepStarted: crash }))).rejects.toThrow(Crash);
  const run = await start(key);
  expect(run).toMatchObject({ state: 'SUCCESS', steps: [{ ref: 'before' }, { ref: 'loose' }] });
  // The outcome of the first one was not on record yet: its callee gets the same key.
  expect([...new Set(names())]).toEqual(['a', 'x']);
  expect(new Set(calls.map(({ key }) => key)).size).toBe(2);
});

test('a step that the workflow does not await is carried out by a later pass where there was no time for it', async () => {
  script.define = async (workflow) => {
    await workflow.echo('before', '0');
    void workflow.echo('loose', 'x');
    return 'done';
  };
  let remainingMs = 60_000;
  const observer = { ...silent, stepStarted: () => void (remainingMs = calls.length > 0 ? 500 : 60_000) };
  const time = { remainingMs: () => remainingMs, stepMs: 1_000 };
  const key = newKey();
  const run = await start(key, new Runner(backendOf(test_.app), observer, time));
  expect(run).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'loose' }] });
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: 'done' });
  expect(calls.map(({ name }) => name)).toEqual(['0', 'x']);
});

test('steps that the workflow does not await are carried out before the run ends, however many they are', async () => {
  script.define = (workflow) => {
    for (let step = 0; step < 120; step++) void workflow.echo(`step ${step}`, `${step}`);
    return Promise.resolve();
  };
  expect(await start()).toMatchObject({ state: 'SUCCESS', steps: { length: 120 } });
  expect(new Set(names()).size).toBe(120);
});

test('so are those of a run that fails', async () => {
  script.define = async (workflow) => {
    for (let step = 0; step < 60; step++) void workflow.echo(`step ${step}`, `${step}`);
    await workflow.do('refused', new Refuse());
  };
  expect(await start()).toMatchObject({ state: 'ERROR', steps: { length: 61 } });
});
