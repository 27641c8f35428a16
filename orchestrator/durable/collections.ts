import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import type { Clock } from './clock.ts';
import { HistoryPages, type PageDocument } from './history-pages.ts';
import type { RunDocument } from './run-document.ts';
import { RunStore } from './run-store.ts';

/** Where runs are kept. */
export interface Collections {
  runs: mongo.Collection<RunDocument>;
  pages: mongo.Collection<PageDocument>;
}

/** What decides something asks for this, whatever the URI says: no answer from a member that may have to forget it. */
export const DECIDING = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority' },
} as const;

/** Orbits' own collection, and one for the pages next to it, through the driver. */
export function collectionsOf(app: ActionApp): Collections {
  const db = app.ActionModel.db.db!;
  return {
    runs: db.collection(app.ActionModel.collection.collectionName, DECIDING),
    pages: db.collection('history', DECIDING),
  };
}

export function runStoreOf({ runs, pages }: Collections, clock: Clock): RunStore {
  return new RunStore(runs, new HistoryPages(pages), clock);
}
