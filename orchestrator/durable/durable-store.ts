import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { systemClock, type Clock } from './clock.ts';
import { HistoryPages, type PageDocument } from './history-pages.ts';
import type { RunDocument } from './run-document.ts';
import { RunStore } from './run-store.ts';

/** What decides something asks for this, whatever the URI says: no answer from a member that may have to forget it. */
const DECIDING = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority' },
} as const;

/** Orbits' own collection, through the driver. */
export function runsOf(app: ActionApp): mongo.Collection<RunDocument> {
  return app.ActionModel.db.db!.collection(app.ActionModel.collection.collectionName, DECIDING);
}

export function pagesOf(app: ActionApp): mongo.Collection<PageDocument> {
  return app.ActionModel.db.db!.collection('history', DECIDING);
}

export function runStoreOf(app: ActionApp, clock: Clock = systemClock): RunStore {
  return new RunStore(runsOf(app), new HistoryPages(pagesOf(app)), clock);
}
