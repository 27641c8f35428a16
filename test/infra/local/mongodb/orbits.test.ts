import { Action, ActionApp, ActionCron, ActionState, Workflow } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { createLogger, transports } from 'winston';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

// The scenarios of Orbits' own specs, on its own step engine: that opens a transaction per step, which is what
// the store's test-only replica set is for. The specs wait for polls; these tests poll themselves.

class Calculation extends Action {
  override main() {
    (this.bag as { x?: number }).x = (this.argument as { y: number }).y + 9;
    return ActionState.SUCCESS;
  }
}
class Watched extends Action {
  override main() {
    return ActionState.IN_PROGRESS;
  }
  override watcher() {
    return Promise.resolve(ActionState.SUCCESS);
  }
}
class Failing extends Action {
  override main() {
    return ActionState.ERROR;
  }
}
class TooSlow extends Action {
  static override defaultDelays = { [ActionState.EXECUTING_MAIN]: 0, [ActionState.IN_PROGRESS]: 1000 };
  override main() {
    return undefined as never;
  }
  override onMainTimeout() {
    return ActionState.SUCCESS;
  }
}

const steps: string[] = [];
class Basic extends Workflow {
  constructor() {
    super();
    const calculation = () => {
      const action = new Calculation();
      action.setArgument({ y: 1 });
      return action;
    };
    this.next(() => {
      steps.push('first');
      return [calculation()];
    })
      .next(() => {
        steps.push('watched and failing');
        return [new Watched(), new Failing()];
      })
      .next(() => {
        steps.push('never');
        return Action.resolve('ok');
      })
      .catch(() => {
        steps.push('caught');
        return [calculation()];
      })
      .next(() => {
        steps.push('last');
      });
  }
}

class Poller extends ActionCron {
  override cycle() {
    return Promise.resolve();
  }
}

let t: TestStore;
let app: ActionApp;
let documents: mongo.Collection;
beforeAll(async () => {
  t = await testStore({ replicaSet: 'rs0' });
  app = new ActionApp({
    workers: { quantity: 0 },
    logger: createLogger({ silent: true, transports: [new transports.Console()] }),
  });
  app.declare = [Calculation, Watched, Failing, TooSlow, Basic];
  app.db = { mongo: { url: t.store.uri, opts: { dbName: 'orbits' } } };
  await app.bootstrap();
  documents = app.ActionModel.collection;
});
afterAll(async () => {
  await app.db.mongo!.conn!.close();
  await t.stop();
});

/** Polls as Orbits' worker does, with everything due, until the action has one of its last states. */
async function finished(action: Action): Promise<ActionState> {
  const poller = new Poller();
  for (let polls = 0; polls < 100; polls++) {
    const found = await documents.findOne({ _id: action.dbDoc._id });
    const state = found?.state as ActionState;
    if (state === ActionState.SUCCESS || state === ActionState.ERROR) return state;
    const due = { $set: { 'cronActivity.nextActivity': new Date(0) } };
    await documents.updateMany({ 'cronActivity.pending': false, state: { $lt: ActionState.SUCCESS } }, due);
    await poller.oneActionCycle();
  }
  throw new Error('the action did not end within 100 polls');
}

test('a basic workflow runs its steps, and the failed one leads to catch', async () => {
  const workflow = new Basic();
  workflow.setArgument({ x: 14 });
  await workflow.save();
  expect(await finished(workflow)).toBe(ActionState.SUCCESS);
  await workflow.resyncWithDb();
  expect((workflow.bag as { stepsHistory: number[] }).stepsHistory).toEqual([0, 1, 3, 4]);
  expect(await documents.countDocuments({ workflowId: String(workflow.dbDoc._id) })).toBe(4);
  expect(new Set(steps)).toEqual(new Set(['first', 'watched and failing', 'caught', 'last']));
});

test('an action keeps what it computed', async () => {
  const action = new Calculation();
  action.setArgument({ y: 1 });
  await action.save();
  expect(await finished(action)).toBe(ActionState.SUCCESS);
  expect(await documents.findOne({ _id: action.dbDoc._id })).toMatchObject({ bag: { x: 10 } });
});

test('an action with a watcher ends when the watcher says so', async () => {
  const action = new Watched();
  await action.save();
  expect(await finished(action)).toBe(ActionState.SUCCESS);
});

test('an action with an error ends in error', async () => {
  const action = new Failing();
  await action.save();
  expect(await finished(action)).toBe(ActionState.ERROR);
});

test('an action whose main takes too long is asked what became of it', async () => {
  const action = new TooSlow();
  await action.save();
  expect(await finished(action)).toBe(ActionState.SUCCESS);
});
