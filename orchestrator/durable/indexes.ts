import type { ActionApp } from '@wbce/orbits-core';
import { ActionState } from '@wbce/orbits-core';

/** How long a finished run and its steps are kept. Trades are kept for ever, elsewhere. */
const HISTORY_DAYS = 30;

/**
 * The indexes that the queries of this layer need, and the one that removes old history; Orbits makes none.
 * Creating what is there changes nothing, so each cold start sends this one command.
 */
export async function ensureIndexes(app: ActionApp): Promise<void> {
  await app.ActionModel.collection.createIndexes([
    { name: 'unfinished', key: { actionRef: 1, state: 1, createdAt: 1 } },
    { name: 'steps', key: { workflowId: 1 } },
    {
      name: 'history',
      key: { stateUpdatedAt: 1 },
      expireAfterSeconds: HISTORY_DAYS * 86_400,
      // Of this layer's documents alone, which all have a key, and of those that have ended.
      partialFilterExpression: { state: { $gte: ActionState.SUCCESS }, 'filter.key': { $exists: true } },
    },
  ]);
}
