import type { Output } from '../aggregation/pipeline.ts';
import { checkKnown, documentField } from '../bson/shapes.ts';
import { shellText } from '../bson/shell-text.ts';
import { encode, isDocument, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import { find } from '../storage/find.ts';
import { withId } from '../storage/storable.ts';
import { change } from '../update/apply.ts';
import { compileUpdate } from '../update/update.ts';

const WHEN_MATCHED = ['replace', 'keepExisting', 'merge', 'fail'];
const WHEN_NOT_MATCHED = ['insert', 'discard', 'fail'];

/** Writes the results of a pipeline that ends in `$out` or `$merge`. */
export async function writeOutput(
  catalog: Catalog,
  database: string,
  output: Output,
  results: Doc[],
): Promise<void> {
  await ('$out' in output
    ? replaceCollection(catalog, destination(database, output.$out, '$out'), results)
    : merge(catalog, database, output.$merge, results));
}

function destination(database: string, into: unknown, name: string): string {
  if (typeof into === 'string') return `${database}.${into}`;
  if (isDocument(into)) {
    checkKnown(into, ['db', 'coll'], name);
    if (typeof into.coll === 'string') {
      return `${typeof into.db === 'string' ? into.db : database}.${into.coll}`;
    }
  }
  refuse(16990, 'a stage that writes needs the name of a collection');
}

/** `$out`: replaces the documents of a collection atomically, and keeps its indexes. */
function replaceCollection(catalog: Catalog, namespace: string, results: Doc[]): Promise<void> {
  return catalog.storage.write(() => {
    const before = catalog.find(namespace);
    const fresh = catalog.create(`${namespace}.tmp-out`, before?.options);
    try {
      for (const index of before?.indexes.slice(1) ?? []) fresh.addIndex(index.spec);
      for (const result of results) insert(fresh, withId(result));
    } catch (error) {
      catalog.drop(fresh);
      throw error;
    }
    if (before) catalog.drop(before);
    catalog.rename(fresh, namespace);
  });
}

function insert(collection: Collection, doc: Doc): void {
  collection.insert(doc, encode(doc));
}

/** Checks all options before the first write, including modes that no document needs. */
function checkMerge(spec: Doc): void {
  checkKnown(spec, ['into', 'on', 'let', 'whenMatched', 'whenNotMatched'], '$merge');
  documentField(spec, 'let', '$merge');
  const { on = '_id', whenMatched = 'merge', whenNotMatched = 'insert' } = spec;
  const isList = Array.isArray(on) && on.length > 0;
  if (typeof on !== 'string' && !isList) {
    // Two spaces, as on the server.
    const message = `$merge 'on' field  must be either a string or an array of strings, but found ${typeName(on)}`;
    refuse(51186, message);
  }
  const wrong: unknown = isList ? on.find((name) => typeof name !== 'string') : undefined;
  if (wrong !== undefined)
    refuse(51134, `$merge 'on' array elements must be strings, but found ${typeName(wrong)}`);
  checkMode('whenMatched', Array.isArray(whenMatched) ? 'merge' : whenMatched, WHEN_MATCHED);
  checkMode('$merge.whenNotMatched', whenNotMatched, WHEN_NOT_MATCHED);
}

function checkMode(name: string, value: unknown, known: string[]): void {
  if (known.includes(value as string)) return;
  const shown = typeof value === 'string' ? value : shellText(value);
  refuse('BadValue', `Enumeration value '${shown}' for field '${name}' is not a valid value.`);
}

/** `$merge`: each result changes the document with the same `on` fields, or is inserted. */
function merge(catalog: Catalog, database: string, spec: unknown, results: Doc[]): Promise<void> {
  const options = isDocument(spec) ? spec : { into: spec };
  checkMerge(options);
  const namespace = destination(database, options.into, '$merge.into');
  const on = (Array.isArray(options.on) ? options.on : [options.on ?? '_id']) as string[];
  return catalog.storage.write(() => {
    const collection = catalog.findOrCreate(namespace);
    checkOn(collection, on);
    for (const result of results) mergeOne(collection, withId(result), on, options);
  });
}

function checkOn(collection: Collection, on: string[]): void {
  const text = (paths: string[]) => [...paths].sort().join();
  const served = collection.indexes.some(
    ({ unique, partial, fields }) => unique && !partial && text(fields.map(({ path }) => path)) === text(on),
  );
  if (!served) refuse(51183, 'Cannot find index to verify that join fields will be unique');
}

function mergeOne(collection: Collection, result: Doc, on: string[], options: Doc): void {
  const filter: Doc = {};
  for (const path of on) filter[path] = result[path];
  const found = find(collection, { filter, limit: 1 }).next();
  const { whenMatched = 'merge', whenNotMatched = 'insert' } = options;
  if (found.done) {
    if (whenNotMatched === 'discard') return;
    if (whenNotMatched === 'fail') {
      const message =
        '$merge could not find a matching document in the target collection for at least one document in the source collection';
      refuse(13113, message);
    }
    return insert(collection, result);
  }
  const record = found.value;
  const { _id } = record.doc;
  if (Array.isArray(whenMatched)) {
    const variables = { ...(isDocument(options.let) ? options.let : {}), new: result };
    change(collection, record, compileUpdate({ filter, update: whenMatched, variables })(record.doc, false));
  } else if (whenMatched === 'replace') change(collection, record, { ...result, _id });
  else if (whenMatched === 'merge') change(collection, record, { ...record.doc, ...result, _id });
  else if (whenMatched === 'fail') {
    throw collection.idIndex.duplicate(collection.namespace, [_id]);
  }
}
