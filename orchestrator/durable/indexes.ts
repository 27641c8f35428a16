import type { mongo } from 'mongoose';
import type { Collections } from './collections.ts';
import { hasCode } from './mongo-errors.ts';

const NAMESPACE_NOT_FOUND = 26;
const INDEX_NOT_FOUND = 27;
/** The same name with other options, and the same keys with another name or other keys for the name. */
const CONFLICTS = [85, 86];

/**
 * The indexes that the queries of this layer need, and those that remove old history; Orbits makes none.
 * Creating what exists changes nothing, so that each cold start sends these two commands. An index whose definition has
 * changed is dropped and created again.
 *
 * @param historyDays how long a finished run is kept; trades are kept for ever, elsewhere
 */
export async function ensureIndexes({ runs, pages }: Collections, historyDays: number): Promise<void> {
  const expireAfterSeconds = historyDays * 86_400;
  await ensure(runs, [
    // What is due, in the order in which it is.
    {
      name: 'open',
      key: { state: 1, 'cronActivity.nextActivity': 1 },
      partialFilterExpression: { 'bag.version': { $exists: true } },
    },
    { name: 'overlap', key: { 'filter.overlap': 1, state: 1, createdAt: 1 } },
    // What was started together, the newest first.
    {
      name: 'ticks',
      key: { 'filter.tick': 1, createdAt: -1, _id: -1 },
      partialFilterExpression: { 'filter.tick': { $exists: true } },
    },
    { name: 'newest', key: { actionRef: 1, createdAt: -1, _id: -1 } },
    // Only a run that has ended has the field.
    { name: 'retention', key: { 'bag.endedAt': 1 }, expireAfterSeconds },
  ]);
  await ensure(pages, [
    { name: 'run', key: { run: 1 } },
    { name: 'retention', key: { endedAt: 1 }, expireAfterSeconds },
  ]);
}

async function ensure<T extends mongo.Document>(
  collection: mongo.Collection<T>,
  indexes: (mongo.IndexDescription & { name: string })[],
): Promise<void> {
  try {
    await collection.createIndexes(indexes);
  } catch (error) {
    if (!CONFLICTS.some((code) => hasCode(error, code))) throw error;
    await dropChanged(collection, indexes);
    await collection.createIndexes(indexes);
  }
}

/** Of several processes that see a conflict at once, one drops the index. */
async function dropChanged<T extends mongo.Document>(
  collection: mongo.Collection<T>,
  indexes: (mongo.IndexDescription & { name: string })[],
): Promise<void> {
  const standing = await collection.indexes();
  for (const index of indexes) {
    const isSameKey = (other: mongo.IndexDescription) =>
      JSON.stringify(other.key) === JSON.stringify(index.key);
    const inTheWay = standing.filter((other) => {
      const isSameName = other['name'] === index.name;
      return isSameName !== isSameKey(other) || (isSameName && definitionOf(other) !== definitionOf(index));
    });
    for (const { name: other } of inTheWay) {
      await collection.dropIndex(other!).catch((error: unknown) => {
        if (![INDEX_NOT_FOUND, NAMESPACE_NOT_FOUND].some((code) => hasCode(error, code))) throw error;
      });
    }
  }
}

/** All that an index is, in one order. */
function definitionOf(index: mongo.IndexDescription): string {
  const { v, ns, background, ...definition } = { ...index } as Record<string, unknown>;
  void [v, ns, background];
  return JSON.stringify(Object.entries(definition).sort(([a], [b]) => (a < b ? -1 : 1)));
}
