import type { ActionApp } from '@wbce/orbits-core';

const INDEX_OPTIONS_CONFLICT = 85;

/**
 * The indexes that the queries of this layer need, and the one that removes old history; Orbits makes none.
 * Creating what is there changes nothing, so each cold start sends this one command.
 *
 * @param historyDays how long a finished run and its steps are kept; trades are kept for ever, elsewhere
 */
export async function ensureIndexes(app: ActionApp, historyDays: number): Promise<void> {
  const { collection } = app.ActionModel;
  const create = () =>
    collection.createIndexes([
      { name: 'unfinished', key: { actionRef: 1, state: 1, createdAt: 1 } },
      { name: 'steps', key: { workflowId: 1 } },
      // Only documents of this layer have the field, and only once they are to go.
      { name: 'history', key: { 'bag.endedAt': 1 }, expireAfterSeconds: historyDays * 86_400 },
    ]);
  await create().catch(async (error: { code?: unknown }) => {
    if (error.code !== INDEX_OPTIONS_CONFLICT) throw error;
    // It was made with another number of days.
    await collection.dropIndex('history');
    await create();
  });
}
