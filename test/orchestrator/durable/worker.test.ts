import { ActionCron, ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { NEVER } from '../../../orchestrator/durable/run-fields.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

// A standing process of Orbits, next to the Lambdas.
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse]);
});
afterAll(() => test_.close());
beforeEach(async () => {
  calls.length = 0;
  await test_.actions.deleteMany({});
  script.define = async (workflow) => {
    await workflow.echo('first', 'a');
    return workflow.echo('second', 'b');
  };
});

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const control = () => new RunControl(backendOf(test_.app));
const documentOf = (key: string) => test_.actions.findOne({ _id: runId(key) });
const crash = () => {
  throw new Crash();
};

/** One round of Orbits' own polling, which otherwise never ends. */
class OneRound extends ActionCron {
  override cycle() {
    return Promise.resolve();
  }
}
const workOnce = () =>
  (new OneRound(undefined) as unknown as { oneActionCycle(): Promise<void> }).oneActionCycle();

/** A run that an orchestrator left after its first step, so long ago that Orbits begins it again. */
async function abandonedRun(key: string): Promise<void> {
  await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
  const longAgo = new Date(Date.now() - 16 * 60_000);
  const abandoned = { stateUpdatedAt: longAgo, 'cronActivity.nextActivity': longAgo };
  await test_.actions.updateOne({ _id: runId(key) }, { $set: abandoned });
}

test('resumes a run that an orchestrator left, and ends it as an orchestrator does', async () => {
  const key = newKey();
  await abandonedRun(key);
  await workOnce();
  expect(names()).toEqual(['a', 'b']);
  expect(await documentOf(key)).toMatchObject({
    state: ActionState.SUCCESS,
    result: { value: 'b' },
    bag: { endedAt: expect.any(Date) as Date },
    cronActivity: { pending: false, nextActivity: NEVER },
  });
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'b' } });
});

test('ends a run that fails so that it can be retried', async () => {
  const key = newKey();
  script.define = async (workflow) => {
    await workflow.echo('first', 'a');
    return workflow.do('refused', new Refuse());
  };
  await abandonedRun(key);
  await workOnce();
  expect(await documentOf(key)).toMatchObject({
    state: ActionState.ERROR,
    bag: { failedStep: expect.any(String) as string },
  });
  Refuse.isFixed = true;
  try {
    expect(await test_.runner().retry(runId(key))).toMatchObject({ state: 'SUCCESS' });
  } finally {
    Refuse.isFixed = false;
  }
});

test('suspends a run until it is due', async () => {
  const key = newKey();
  script.define = async (workflow) => {
    await workflow.echo('first', 'a');
    await workflow.sleep('long', { hours: 1 });
  };
  await abandonedRun(key);
  await workOnce();
  const document = (await documentOf(key))!;
  expect(document).toMatchObject({
    state: ActionState.SLEEPING,
    bag: { waits: [{ ref: 'long' }], claims: 0 },
  });
  const { nextActivity } = document['cronActivity'] as { nextActivity: Date };
  expect(nextActivity.getTime()).toBeGreaterThan(Date.now());
});

test('blocks a run whose version is not deployed', async () => {
  const key = newKey();
  await abandonedRun(key);
  await test_.actions.updateOne({ _id: runId(key) }, { $set: { 'bag.version': 7 } });
  await workOnce();
  expect(await documentOf(key)).toMatchObject({
    state: ActionState.SLEEPING,
    bag: { blocked: { error: { name: 'UnknownWorkflowError' } } },
  });
});

test('leaves alone a run that an orchestrator holds, and one that has ended', async () => {
  await start(newKey());
  let letGo!: () => void;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const begun = new Promise<void>((resolve) => {
    script.define = (workflow) =>
      workflow.do('held', () => {
        resolve();
        return gate;
      });
  });
  const ended = start(newKey());
  await begun;
  const before = await test_.actions.find({}).sort({ _id: 1 }).toArray();
  await workOnce();
  expect(await test_.actions.find({}).sort({ _id: 1 }).toArray()).toEqual(before);
  letGo();
  await ended;
});

test('does not overwrite a signal that came after it read the run', async () => {
  const key = newKey();
  script.define = (workflow) => workflow.waitFor('approval', { timeout: { hours: 1 } });
  await start(key);
  const read = (await test_.app.ActionModel.findById(runId(key)))!;
  expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'taken' });
  read.state = ActionState.EXECUTING_MAIN;
  await expect((read as unknown as { lockAndSave(): Promise<void> }).lockAndSave()).rejects.toThrow(
    'Lock already acquired',
  );
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
});

test('finds documents in its own schema', async () => {
  await start(newKey());
  const known = new Set(Object.keys(test_.app.ActionModel.schema.paths).map((path) => path.split('.')[0]));
  for (const document of await test_.actions.find({}).toArray()) {
    expect(Object.keys(document).filter((field) => !known.has(field))).toEqual([]);
    expect(test_.app.ActionModel.hydrate(document).validateSync()).toBeUndefined();
  }
});
