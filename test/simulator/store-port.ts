import { ActionState } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import type { Doc } from '../../infra/local/mongodb/bson/values.ts';
import { DuplicateKeyError, plain, type MemoryStore } from './memory-store.ts';
import type { Orchestrator, Outcome, Reply } from './orchestrator.ts';

export type Store = MemoryStore<Orchestrator | undefined>;

/** How long the driver waits for an answer. */
const SOCKET_TIMEOUT_MS = 5_000;

export class StoreAwayError extends Error {
  override readonly name = 'MongoNetworkError';
}

/** An orchestrator's way to a collection: what a client of MongoDB's driver uses of it, with what can happen on the way. */
export class CollectionPort {
  constructor(
    readonly collectionName: string,
    private readonly store: Store,
    private readonly orchestrator: Orchestrator,
    private readonly options: mongo.CollectionOptions = {},
  ) {}

  findOne(filter: Doc, { projection, sort }: { projection?: Doc; sort?: Doc } = {}): Promise<Doc | null> {
    return this.#read('findOne', () => this.#find(filter, { projection, sort, limit: 1 })[0] ?? null);
  }

  find(filter: Doc) {
    const options: { projection?: Doc; sort?: Doc; limit?: number } = {};
    const cursor = {
      project: (projection: Doc) => Object.assign(options, { projection }) && cursor,
      sort: (sort: Doc) => Object.assign(options, { sort }) && cursor,
      limit: (limit: number) => Object.assign(options, { limit }) && cursor,
      toArray: () => this.#read('find', () => this.#find(filter, options)),
    };
    return cursor;
  }

  countDocuments(filter: Doc): Promise<number> {
    return this.#read('count', () => this.#find(filter, {}).length);
  }

  updateOne(filter: Doc, update: Doc, options: { upsert?: boolean } = {}): Promise<{ matchedCount: number }> {
    return this.#write('updateOne', () => ({
      matchedCount: this.store.update(this.collectionName, filter, update, options, this.orchestrator).length,
    }));
  }

  updateMany(filter: Doc, update: Doc): Promise<{ matchedCount: number }> {
    return this.#write('updateMany', () => ({
      matchedCount: this.store.update(this.collectionName, filter, update, { many: true }, this.orchestrator)
        .length,
    }));
  }

  /** Updates of one document each, carried out together. */
  bulkWrite(updates: { updateOne: { filter: Doc; update: Doc } }[]): Promise<{ matchedCount: number }> {
    return this.#write('bulkWrite', () => ({
      matchedCount: updates
        .map(({ updateOne: { filter, update } }) =>
          this.store.update(this.collectionName, filter, update, {}, this.orchestrator),
        )
        .flat().length,
    }));
  }

  /** @param document with operators in no field: it takes the place of the one that matches */
  replaceOne(filter: Doc, document: Doc): Promise<{ matchedCount: number }> {
    return this.updateOne(filter, document);
  }

  /** Of the embedded store's indexes, only that of `_id` is here. */
  createIndexes(): Promise<void> {
    return Promise.resolve();
  }

  findOneAndUpdate(
    filter: Doc,
    update: Doc,
    options: { upsert?: boolean; returnDocument?: 'after' | 'before'; projection?: Doc; sort?: Doc } = {},
  ): Promise<Doc | null> {
    return this.#write('findOneAndUpdate', () => {
      const [changed] = this.store.update(this.collectionName, filter, update, options, this.orchestrator);
      const shown = options.returnDocument === 'after' ? changed?.after : changed?.before;
      return shown ? plain(shown) : null;
    });
  }

  insertOne(document: Doc): Promise<void> {
    return this.#write('insertOne', () =>
      this.store.insert(this.collectionName, document, this.orchestrator),
    );
  }

  #find(filter: Doc, options: { projection?: Doc; sort?: Doc; limit?: number }): Doc[] {
    const { readConcern } = this.options as { readConcern?: { level?: string } };
    const isMajority = readConcern?.level === 'majority';
    return this.store.find(this.collectionName, filter, options, isMajority);
  }

  #read<T>(name: string, read: () => T): Promise<T> {
    return this.#send(name, false, () => ({ value: read() }));
  }

  #write<T>(name: string, write: () => T): Promise<T> {
    return this.#send<T>(name, true, () => {
      try {
        return { value: write() };
      } catch (error) {
        if (error instanceof DuplicateKeyError) return { error };
        throw error;
      }
    });
  }

  #send<T>(name: string, isWrite: boolean, carryOut: () => Outcome<T>): Promise<T> {
    const { orchestrator } = this;
    const { random, world } = orchestrator;
    const way = random.whole(1, 3);
    const isSlow = orchestrator.strikes('answer late');
    const back = isSlow ? random.whole(50, 4_000) : random.whole(1, 4);
    // A process that is stopped sees its answer late.
    const stopped = orchestrator.strikes('process stopped') ? random.whole(3_000, 25_000) : 0;
    const arrive = () => this.#arrive(name, isWrite, { back, stopped }, carryOut);
    if (orchestrator.strikes('crash at a store command')) {
      if (random.chance(0.5)) world.after(way, arrive);
      orchestrator.crash(`at ${name}`);
    }
    const noAnswer = (afterMs: number): Reply<T> => {
      return { afterMs, outcome: () => ({ error: new StoreAwayError(`no answer to ${name}`) }) };
    };
    if (orchestrator.strikes('command lost')) return orchestrator.request<T>(way, () => noAnswer(1));
    if (isWrite && orchestrator.strikes('command late')) {
      // The caller gives up before the command arrives.
      world.after(SOCKET_TIMEOUT_MS + random.whole(1, 20_000), arrive);
      return orchestrator.request<T>(SOCKET_TIMEOUT_MS, () => noAnswer(0));
    }
    const isLost = orchestrator.strikes('answer lost');
    return orchestrator.request<T>(way, () => {
      const reply = arrive();
      return isLost ? noAnswer(back) : reply;
    });
  }

  /** The server waits for a majority before it answers a write, also where that found what stands already. */
  #arrive<T>(
    name: string,
    isWrite: boolean,
    { back, stopped }: { back: number; stopped: number },
    carryOut: () => Outcome<T>,
  ): Reply<T> {
    const { store, orchestrator } = this;
    const { world } = orchestrator;
    const result = carryOut();
    const { changes, failovers } = store;
    world.log(orchestrator.name, name, 'error' in result ? 'collides' : described(result.value));
    if (!isWrite) return { afterMs: back + stopped, outcome: () => result };
    const isMajority = this.options.writeConcern?.w === 'majority';
    world.after(isMajority ? back - 1 : back + 20, () => store.commit(changes));
    const isGone = () => isMajority && store.failovers !== failovers;
    const stepdown = () => ({ error: new StoreAwayError(`the primary stepped down during ${name}`) });
    return { afterMs: back + stopped, outcome: () => (isGone() ? stepdown() : result) };
  }
}

/** What an answer says, in a few words. */
function described(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return `${value.length} found`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const { matchedCount, state, bag } = value as { matchedCount?: number; state?: ActionState; bag?: Doc };
  if (matchedCount !== undefined) return `${matchedCount} matched`;
  return `${state === undefined ? '' : ActionState[state]} ${JSON.stringify(bag?.['recorded'] ?? '')}`;
}
