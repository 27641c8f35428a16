import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Action, ActionApp } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import { startStore, type StoreOptions } from '../../infra/local/mongodb/server.ts';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import { connectedApp } from '../../orchestrator/durable/app.ts';
import { silentObserver as silent, type RunObserver } from '../../orchestrator/durable/run-observer.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { dropDatabase, temporaryFolder, testServer } from './local-app.ts';

export { silent };

/** Thrown by an observer: the pass ends there as if its process had died, and gives nothing back. */
export class Crash extends Error {}

export interface DurableTestApp {
  app: ActionApp;
  actions: mongo.Collection;
  /** The pages of long histories. */
  pages: mongo.Collection;
  /** A runner of a process that is still alive: it holds its runs for a minute. */
  runner(observer?: Partial<RunObserver>): Runner;
  /** A runner whose lease has ended as soon as it is taken: what it leaves, anybody may take over. */
  doomedRunner(observer: Partial<RunObserver>): Runner;
  close(): Promise<void>;
}

/** An Orbits app with these workflows and actions, on a store of its own. One a test file: Orbits has one a process. */
export async function startDurableApp(
  declare: (typeof Action)[],
  options: Partial<StoreOptions> = {},
): Promise<DurableTestApp> {
  const folder = temporaryFolder();
  const database = basename(folder.path);
  const store = await openStore(folder.path, database, options);
  const { uri } = store;
  const app = await connectedApp(() => Promise.resolve({ declare, uri, database, historyDays: 30 }));
  const runnerUntil = (offsetMs: number, observer: Partial<RunObserver>) =>
    new Runner(backendOf(app), { ...silent, ...observer }, { remainingMs: () => offsetMs, stepMs: -1 });
  return {
    app,
    actions: app.ActionModel.collection as unknown as mongo.Collection,
    pages: app.ActionModel.db.db!.collection('history'),
    runner: (observer = {}) => runnerUntil(60_000, observer),
    doomedRunner: (observer) => runnerUntil(-1, observer),
    async close() {
      await app.db.mongo!.conn!.close();
      await store.close();
      folder.remove();
    },
  };
}

/** The MongoDB of MONGODB_URI; or an embedded store, if that is not set or a test listens to its commands. */
async function openStore(dataDir: string, database: string, options: Partial<StoreOptions>) {
  const server = testServer();
  if (server !== undefined && Object.keys(options).length === 0) {
    return { uri: server, close: () => dropDatabase(server, database) };
  }
  return startStore({ dataDir, ...options });
}

/** The ids of the unfinished runs that may be resumed now, the ones that are due first before the others. */
export async function readyRuns(runner: Runner, limit = 100): Promise<Types.ObjectId[]> {
  return (await runner.findOpen([], limit)).filter(({ isReady }) => isReady).map(({ id }) => id);
}

export const newKey = () => randomUUID();
