import { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { backendOf, type Backend } from '../../orchestrator/durable/backend.ts';
import { InlineAction, ValueAction } from '../../orchestrator/durable/durable-action.ts';
import { ensureIndexes } from '../../orchestrator/durable/indexes.ts';
import { SleepAction } from '../../orchestrator/durable/sleep.ts';
import { WaitForAction } from '../../orchestrator/durable/wait-for.ts';
import { CallAction, JobAction, OrderAction } from './actions.ts';
import type { Orchestrator } from './orchestrator.ts';
import { CollectionPort, type Store } from './store-port.ts';
import { EarlierWorkflow, SimulatedWorkflow } from './workflow.ts';

/** What Orbits' constructor needs of a mongoose model: a document with the schema's defaults, and no connection. */
class UnsavedDocument {
  readonly _id = 'unsaved';
  readonly cronActivity = { pending: false };
  readonly bag = {};
  readonly filter = {};
  readonly nTimes = 0;
  readonly workflowStack = [];
  readonly repeat = { 4: 0, 5: 0 };
  readonly nExecutions = { 4: 0, 5: 0 };
  readonly definitionFrom = { workflow: {} };
  readonly actionRef: string;
  readonly state: number;
  argument = {};
  result = {};
  constructor({ actionRef, state }: { actionRef: string; state: number }) {
    this.actionRef = actionRef;
    this.state = state;
  }
  markModified(): void {
    // It is never saved.
  }
  toObject(): object {
    return { ...this, argument: { ...this.argument } };
  }
}

const ACTIONS = [InlineAction, ValueAction, SleepAction, WaitForAction, CallAction, OrderAction, JobAction];

/** The code of a deployment: the workflow with all its versions, as it was before the newest one, or without it. */
export type Deployment = 'current' | 'earlier' | 'without';

/** Orbits has one app a process; it serves all orchestrators. */
function activate(): ActionApp {
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
  const app = new ActionApp({ workers: { quantity: 0 }, logger });
  Object.assign(app, { ActionModel: UnsavedDocument });
  Object.assign(ActionApp, { activeApp: app });
  const register = (app as unknown as { registerAction(action: unknown): void }).registerAction.bind(app);
  [...ACTIONS, EarlierWorkflow, SimulatedWorkflow].forEach(register);
  return app;
}

const app = activate();

const DECLARED: Record<Deployment, unknown[]> = {
  current: [...ACTIONS, SimulatedWorkflow],
  earlier: [...ACTIONS, EarlierWorkflow],
  without: ACTIONS,
};

/** What an orchestrator of a deployment works with, made by the code that makes it from a connected app. */
export function backendFor(store: Store, orchestrator: Orchestrator, deployment: Deployment): Backend {
  const db = {
    collection: (name: string, options: mongo.CollectionOptions) =>
      new CollectionPort(name, store, orchestrator, options),
  };
  return backendOf({
    ActionModel: { db: { db }, collection: { collectionName: 'actions' } },
    declare: DECLARED[deployment],
    getActionRefFromRegistry: (action: never) => app.getActionRefFromRegistry(action),
  } as unknown as ActionApp);
}

/** What the TTL indexes remove, and after how long. */
export interface Expiry {
  collection: string;
  field: string;
  afterSeconds: number;
}

/** The TTL indexes as `ensureIndexes` asks for them. */
export async function expiries(historyDays: number): Promise<Expiry[]> {
  const found: Expiry[] = [];
  const collection = (name: string) => ({
    createIndexes: async (indexes: mongo.IndexDescription[]) => {
      for (const { key, expireAfterSeconds } of indexes) {
        if (expireAfterSeconds === undefined) continue;
        found.push({ collection: name, field: Object.keys(key)[0]!, afterSeconds: expireAfterSeconds });
      }
    },
  });
  const backend = { runs: collection('actions'), pages: collection('history') };
  await ensureIndexes(backend as unknown as Backend, historyDays);
  return found;
}
