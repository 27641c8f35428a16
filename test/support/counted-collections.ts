import { mongo } from 'mongoose';
import type { Doc } from '../../infra/local/mongodb/bson/values.ts';
import type { Collections } from '../../orchestrator/durable/collections.ts';
import { MemoryStore, plain } from '../simulator/memory-store.ts';

const bytesOf = (document: Doc) => mongo.BSON.calculateObjectSize(document);

/** Collections in memory that count bytes. The same run has the same bytes each time. */
export class CountedCollections {
  /** Bytes of filters, updates and documents: what goes over the wire, without the frame of each message. */
  sent = 0;
  /** Bytes of each document as a change has left it: a store writes the whole document. */
  written = 0;

  readonly #store = new MemoryStore<undefined>(({ after }) => {
    this.written += after ? bytesOf(after) : 0;
  });

  readonly collections = {
    runs: this.#collection('actions'),
    pages: this.#collection('history'),
  } as unknown as Collections;

  /** As much of a collection of the driver as runs need. */
  #collection(name: string) {
    const update = (filter: Doc, change: Doc, options: { upsert?: boolean; many?: boolean } = {}) => {
      this.sent += bytesOf({ filter, change });
      const changed = this.#store.update(name, filter, change, options, undefined);
      this.#store.commit(this.#store.changes);
      return changed;
    };
    return {
      find: (filter: Doc) => ({ toArray: async () => this.#store.find(name, filter, {}, false) }),
      updateOne: async (filter: Doc, change: Doc) => ({ matchedCount: update(filter, change).length }),
      updateMany: async (filter: Doc, change: Doc) => void update(filter, change, { many: true }),
      findOneAndUpdate: async (filter: Doc, change: Doc, options: { upsert?: boolean }) => {
        const [changed] = update(filter, change, options);
        return changed ? plain(changed.after) : null;
      },
      insertOne: async (document: Doc) => {
        this.sent += bytesOf(document);
        this.#store.insert(name, document, undefined);
        this.#store.commit(this.#store.changes);
      },
    };
  }
}
