import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { inParallel } from '../../../orchestrator/tick/parallel.ts';
import { holdClock } from '../../support/clock.ts';
import { startCommand } from '../../support/command.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

// A failure that the workflow looks at late, or never, is an outcome like any other, and ends no process.
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

const HOUR = 3_600_000;
const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
/** Lets the process find what nothing handles. */
const turns = async () => {
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
};

/** What fails, and how: at once, or after an hour. */
const failures: [string, (workflow: Changing) => Promise<unknown>, string][] = [
  ['a step', (workflow) => workflow.do('late', new Refuse()), 'OutOfStockError'],
  [
    'a wait that times out',
    (workflow) => workflow.waitFor('approval', { timeout: { hours: 1 } }),
    'StepTimeoutError',
  ],
  ['a wait of no length', (workflow) => workflow.waitFor('approval', { timeout: {} }), 'RangeError'],
  [
    'a wait that is not declared',
    (workflow) => workflow.waitFor('other', { timeout: { hours: 1 } }),
    'TypeError',
  ],
  ['a sleep of no length', (workflow) => workflow.sleep('late', {}), 'RangeError'],
  ['a sleep until no time', (workflow) => workflow.sleep('late', new Date(NaN)), 'RangeError'],
  [
    'a step with an argument that is not JSON',
    (workflow) => workflow.do('late', new Echo().setArgument({ value: 1n as never })),
    'TypeError',
  ],
  [
    'a step with a timeout that is not one',
    (workflow) => workflow.do('late', () => 1, { timeout: {} }),
    'RangeError',
  ],
  [
    'a step with an undo',
    (workflow) =>
      workflow.do('late', new Refuse(), { undo: () => new Echo().setArgument({ value: 'undo' }) }),
    'OutOfStockError',
  ],
];

describe.each(failures)('%s that fails', (_, fail, name) => {
  test('is looked at two steps and a long sleep later, at each replay, and harms no other run', async () => {
    script.define = async (workflow) => {
      const late = fail(workflow);
      await workflow.echo('first', 'a');
      await turns();
      await workflow.sleep('two hours', { hours: 2 });
      await workflow.echo('second', 'b');
      await turns();
      return late.catch((error: Error) => error.name);
    };
    const key = newKey();
    const keys = [key, newKey(), newKey()];
    await inParallel(keys, (each) => start(each));
    clock.put(HOUR);
    await inParallel(keys, (each) => start(each));
    clock.put(HOUR);
    const runs = await inParallel(keys, (each) => start(each));
    expect(runs).toMatchObject(keys.map(() => ({ state: 'SUCCESS', result: name })));
    await turns();
  });

  test('is never looked at, and the run ends as its workflow says', async () => {
    script.define = async (workflow) => {
      void fail(workflow);
      await workflow.echo('first', 'a');
      await workflow.sleep('two hours', { hours: 2 });
      return 'done';
    };
    const key = newKey();
    await start(key);
    clock.put(2 * HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: 'done' });
    await turns();
  });

  test('is looked at in a run that is cancelled meanwhile, and ends nothing else', async () => {
    script.define = async (workflow) => {
      const late = fail(workflow);
      await workflow.sleep('two hours', { hours: 2 });
      return late;
    };
    const key = newKey();
    await start(key);
    const control = new RunControl(backendOf(test_.app));
    expect(await control.cancel(runId(key), 'no more')).toBe('cancelled');
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
    await turns();
  });
});

test('no process ends with it: Node, which ends one at an unhandled rejection, goes on to the end', async () => {
  const { code, stdout, stderr } = await startCommand('test/support/late-looks.ts', []).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const seen = Object.entries(JSON.parse(stdout) as Record<string, string>);
  expect(seen).toHaveLength(18);
  for (const [name, result] of seen)
    expect([name, result]).toEqual([name, name.endsWith('never') ? 'done' : expect.stringMatching(/Error$/)]);
});

test('a branch of the workflow that is awaited late ends no process either: it is logged', async () => {
  const { code, stdout } = await startCommand('test/support/late-branches.ts', []).finished;
  expect({ code, ...(JSON.parse(stdout) as object) }).toEqual({
    code: 0,
    state: 'SUCCESS',
    result: 'OutOfStockError',
    rejections: ['OutOfStockError'],
  });
});
