import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { workflowsOf } from './app.ts';
import type { Clock } from './clock.ts';
import type { WorkflowVersion } from './durable-workflow.ts';
import { HistoryPages, type PageDocument } from './history-pages.ts';
import type { RunDocument } from './run-document.ts';
import { RunStore } from './run-store.ts';

/** Where runs are kept, and the code that they run. */
export interface Backend {
  runs: mongo.Collection<RunDocument>;
  pages: mongo.Collection<PageDocument>;
  /** The current version of each workflow, by its ref. */
  workflows: Map<string, WorkflowVersion>;
}

/** What decides something asks for this, whatever the URI says: no answer from a member that may have to forget it. */
const DECIDING = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority' },
} as const;

/** Orbits' own collection, and one for the pages next to it, through the driver. */
export function backendOf(app: ActionApp): Backend {
  const db = app.ActionModel.db.db!;
  return {
    runs: db.collection(app.ActionModel.collection.collectionName, DECIDING),
    pages: db.collection('history', DECIDING),
    workflows: workflowsOf(app),
  };
}

export function runStoreOf({ runs, pages }: Pick<Backend, 'runs' | 'pages'>, clock: Clock): RunStore {
  return new RunStore(runs, new HistoryPages(pages), clock);
}
