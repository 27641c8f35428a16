import { equalValues } from '../bson/key-encoding.ts';
import { clone, encode, MAX_DOCUMENT_BYTES, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { checkFilter } from '../query/filter.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Collection, StoredRecord } from '../storage/collection.ts';
import { checkDepth, checkId, withId } from '../storage/storable.ts';
import { setAt, valueAt } from './paths.ts';
import { compileUpdate, isModifier, refuseNewId, type Updater, type UpdateSpec } from './update.ts';

/** Stores the changed document; false when no byte of it differs. */
export function change(collection: Collection, record: StoredRecord, doc: Doc): boolean {
  const bytes = encodeUpdated(doc);
  if (Buffer.compare(bytes, record.bytes) === 0) return false;
  collection.replace(record, doc, bytes);
  return true;
}

/** Inserts the document of an upsert and returns it. */
export function upsert(catalog: Catalog, namespace: string, spec: UpdateSpec): Doc {
  const doc = upsertDocument(spec, compileUpdate(spec));
  checkId(doc._id);
  catalog.findOrCreate(namespace).insert(doc, encodeUpdated(doc));
  return doc;
}

/** Bytes of a document after an update. Throws when its size or depth exceeds the limit. */
function encodeUpdated(doc: Doc): Uint8Array {
  checkDepth(doc);
  const bytes = encode(doc);
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    refuse(17419, `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`);
  }
  return bytes;
}

/** The document that an upsert starts from: the equalities of the filter. */
function upsertSeed(filter: Doc): Doc {
  const seed: Doc = {};
  seedFrom(checkFilter(filter), seed);
  return seed;
}

function seedFrom(filter: Doc, seed: Doc): void {
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and') for (const part of condition as Doc[]) seedFrom(part, seed);
    if (path === '$or' && (condition as Doc[]).length === 1) seedFrom((condition as Doc[])[0]!, seed);
    if (path.startsWith('$')) continue;
    const operators = condition as Doc;
    const values = '$in' in operators ? (operators.$in as unknown[]) : [];
    const only = '$eq' in operators ? operators.$eq : values.length === 1 ? values[0] : undefined;
    if (only === undefined || only instanceof RegExp) continue;
    if (valueAt(seed, path.split('.')) !== undefined) {
      refuse(54, `cannot infer query fields to set, path '${path}' is matched twice`);
    }
    setAt(seed, path.split('.'), clone(only));
  }
}

/** The whole document of an upsert, with `_id` in front. */
function upsertDocument(spec: UpdateSpec, updater: Updater): Doc {
  const seed = upsertSeed(spec.filter);
  const replacing = !Array.isArray(spec.update) && !isModifier(spec.update);
  const made = updater(replacing ? ('_id' in seed ? { _id: seed._id } : {}) : seed, true);
  if ('_id' in seed && !equalValues(made._id, seed._id)) refuseNewId();
  return withId(made);
}
