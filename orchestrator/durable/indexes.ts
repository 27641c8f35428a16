import type { ActionApp } from '@wbce/orbits-core';
import { hasCode } from './mongo-errors.ts';

const INDEX_NOT_FOUND = 27;
const INDEX_OPTIONS_CONFLICT = 85;

/**
 * The indexes that the queries of this layer need, and the one that removes old history; Orbits makes none.
 * Creating what is there changes nothing, so each cold start sends this one command.
 *
 * @param historyDays how long a finished run and its steps are kept; trades are kept for ever, elsewhere
 */
export async function ensureIndexes(app: ActionApp, historyDays: number): Promise<void> {
  try {
    await createIndexes(app, historyDays);
  } catch (error) {
    if (!hasCode(error, INDEX_OPTIONS_CONFLICT)) throw error;
    // Another number of days was configured before. Of several that see this at once, one drops the index.
    await app.ActionModel.collection.dropIndex('history').catch((dropError: unknown) => {
      if (!hasCode(dropError, INDEX_NOT_FOUND)) throw dropError;
    });
    await createIndexes(app, historyDays);
  }
}

async function createIndexes(app: ActionApp, historyDays: number): Promise<void> {
  await app.ActionModel.collection.createIndexes([
    { name: 'unfinished', key: { actionRef: 1, state: 1, createdAt: 1 } },
    { name: 'steps', key: { workflowId: 1 } },
    // What was started together, the newest first.
    {
      name: 'ticks',
      key: { 'filter.tick': 1, createdAt: -1, _id: -1 },
      partialFilterExpression: { 'filter.tick': { $exists: true } },
    },
    // Only documents of this layer have the field, and only once they are to go.
    { name: 'history', key: { 'bag.endedAt': 1 }, expireAfterSeconds: historyDays * 86_400 },
  ]);
}
