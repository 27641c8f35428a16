import { parseSort, sortBy } from '../../infra/local/mongodb/bson/sort.ts';
import {
  bsonType,
  entriesOf,
  isDocument,
  setField,
  toNumber,
  type Doc,
} from '../../infra/local/mongodb/bson/values.ts';
import { compileFilter } from '../../infra/local/mongodb/query/compile.ts';
import { checkFilter } from '../../infra/local/mongodb/query/filter.ts';
import { compileProjection } from '../../infra/local/mongodb/query/projection.ts';
import { setAt } from '../../infra/local/mongodb/update/paths.ts';
import { compileUpdate } from '../../infra/local/mongodb/update/update.ts';

/** A change of one document that a majority of the store's members may not have yet. */
export interface Change<Actor> {
  collection: string;
  id: string;
  /** Undefined if it was not there, or is no more. Documents never change; a change makes a new one. */
  before: Doc | undefined;
  after: Doc | undefined;
  actor: Actor;
}

interface Options {
  sort?: unknown;
  limit?: number;
  projection?: unknown;
}

export class DuplicateKeyError extends Error {
  override readonly name = 'MongoServerError';
  readonly code = 11_000;
}

/**
 * The collections of a replica set's primary, in memory, with the embedded store's own filters and updates. A change is
 * pending until a majority has it; a failover loses the pending ones.
 */
export class MemoryStore<Actor> {
  readonly #collections = new Map<string, Map<string, Doc>>();
  readonly #pending: Change<Actor>[] = [];
  readonly #onCommit: (change: Change<Actor>) => void;
  #changes = 0;
  failovers = 0;

  constructor(onCommit: (change: Change<Actor>) => void) {
    this.#onCommit = onCommit;
  }

  /** The number of changes so far: `commit` of it puts all of them on a majority. */
  get changes(): number {
    return this.#changes;
  }

  /** A majority has all changes up to this one. */
  commit(changes: number): void {
    while (this.#pending.length > 0 && this.#changes - this.#pending.length < changes) {
      this.#onCommit(this.#pending.shift()!);
    }
  }

  /** Another member becomes primary: what no majority had is lost. Answers how many changes that are. */
  failOver(): number {
    const lost = this.#pending.splice(0).toReversed();
    for (const { collection, id, before } of lost) {
      if (before) this.#of(collection).set(id, before);
      else this.#of(collection).delete(id);
    }
    this.failovers++;
    // Numbers are not used again, so that a commit of what was lost commits nothing.
    return lost.length;
  }

  find(collection: string, filter: Doc, { sort, limit, projection }: Options, isMajority: boolean): Doc[] {
    const matches = compileFilter(filter);
    const found = this.#candidates(collection, filter, isMajority).filter(matches);
    const sorted = sort === undefined ? found : sortBy(found, parseSort(sort), (doc) => doc);
    const project = compileProjection(projection, filter);
    return sorted.slice(0, limit || undefined).map((doc) => plain(project ? project(doc) : doc));
  }

  /** What stands on a majority, for those who look from outside. */
  committed(collection: string): Doc[] {
    return this.#candidates(collection, {}, true);
  }

  insert(collection: string, document: Doc, actor: Actor): void {
    const id = idOf(document);
    if (this.#of(collection).has(id)) throw new DuplicateKeyError(`E11000 duplicate key ${id}`);
    this.#change({ collection, id, before: undefined, after: plain(document), actor });
  }

  /** Changes the documents that match, or the first one; answers them before and after. */
  update(
    collection: string,
    filter: Doc,
    update: Doc,
    { many = false, upsert = false, sort }: { many?: boolean; upsert?: boolean; sort?: unknown },
    actor: Actor,
  ): { before: Doc | undefined; after: Doc }[] {
    const matches = compileFilter(filter);
    const updater = compileUpdate({ filter, update });
    const matching = this.#candidates(collection, filter, false).filter(matches);
    const found = sort === undefined ? matching : sortBy(matching, parseSort(sort), (doc) => doc);
    if (found.length === 0 && upsert) {
      const made = plain(updater(seedOf(filter), true));
      if (this.#of(collection).has(idOf(made)))
        throw new DuplicateKeyError(`E11000 duplicate key ${idOf(made)}`);
      this.#change({ collection, id: idOf(made), before: undefined, after: made, actor });
      return [{ before: undefined, after: made }];
    }
    return (many ? found : found.slice(0, 1)).map((before) => {
      const after = plain(updater(before, false));
      this.#change({ collection, id: idOf(before), before, after, actor });
      return { before, after };
    });
  }

  remove(collection: string, filter: Doc, actor: Actor): number {
    const found = this.#candidates(collection, filter, false).filter(compileFilter(filter));
    for (const before of found)
      this.#change({ collection, id: idOf(before), before, after: undefined, actor });
    return found.length;
  }

  #change(change: Change<Actor>): void {
    const { collection, id, after } = change;
    if (after) this.#of(collection).set(id, after);
    else this.#of(collection).delete(id);
    this.#pending.push(change);
    this.#changes++;
  }

  #of(name: string): Map<string, Doc> {
    let collection = this.#collections.get(name);
    if (!collection) this.#collections.set(name, (collection = new Map<string, Doc>()));
    return collection;
  }

  /** All documents that a filter may match, as they are, or as a majority has them. */
  #candidates(collection: string, filter: Doc, isMajority: boolean): Doc[] {
    const documents = this.#of(collection);
    const ids = idsIn(filter['_id']);
    if (ids && !(isMajority && this.#pending.length > 0)) {
      return ids.map((id) => documents.get(id)).filter((document) => document !== undefined);
    }
    const standing = new Map(documents);
    if (isMajority) {
      for (const change of this.#pending.toReversed()) {
        if (change.collection !== collection) continue;
        if (change.before) standing.set(change.id, change.before);
        else standing.delete(change.id);
      }
    }
    return [...standing.values()];
  }
}

const hexOf = (id: unknown): string | undefined =>
  typeof id === 'string'
    ? id
    : typeof id === 'object' && id !== null && 'toHexString' in id
      ? (id as { toHexString(): string }).toHexString()
      : undefined;

/** The documents that a filter names, if it does; each once. */
function idsIn(condition: unknown): string[] | undefined {
  const id = hexOf(condition);
  if (id !== undefined) return [id];
  const listed = isDocument(condition) ? condition['$in'] : undefined;
  if (!Array.isArray(listed)) return undefined;
  const ids = listed.map(hexOf);
  return ids.every((each) => each !== undefined) ? [...new Set(ids)] : undefined;
}

const idOf = (document: Doc): string => hexOf(document['_id'])!;

/** What an upsert starts from: the equalities of its filter. */
function seedOf(filter: Doc): Doc {
  const seed: Doc = {};
  for (const [path, condition] of entriesOf(checkFilter(filter))) {
    if (isDocument(condition) && '$eq' in condition) setAt(seed, path.split('.'), condition['$eq']);
  }
  return seed;
}

/** A copy as the driver would read it back: BSON knows no `undefined`, and a number comes back as a number. */
export function plain<T>(value: T): T {
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each ?? null)) as T;
  if (bsonType(value) === 'Decimal128') return value;
  if (!isDocument(value)) return (toNumber(value) ?? value) as T;
  const copy: Doc = {};
  for (const name of Object.keys(value)) setField(copy, name, plain((value as Doc)[name] ?? null));
  return copy as T;
}
