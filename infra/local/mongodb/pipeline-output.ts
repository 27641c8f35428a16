import type { Collection, StoredRecord } from './collection.ts';
import type { StoreState } from './commands/command.ts';
import { change } from './commands/write.ts';
import { ServerError } from './errors.ts';
import { find } from './find.ts';
import { withNewId } from './pipeline.ts';
import { shellText } from './shell-text.ts';
import { compileUpdate } from './update.ts';
import { encode, isDocument } from './values.ts';
import type { Doc } from './values.ts';

const WHEN_MATCHED = ['replace', 'keepExisting', 'merge', 'fail'];
const WHEN_NOT_MATCHED = ['insert', 'discard', 'fail'];

function onlyKnown(stage: string, spec: Doc, known: string[]): void {
  const unknown = Object.keys(spec).find((name) => !known.includes(name));
  if (!unknown) return;
  throw new ServerError('IDLFailedToParse', `BSON field '${stage}.${unknown}' is an unknown field.`);
}

/** Before anything is written: a mode that no document needs would otherwise never be looked at. */
function checkMerge(spec: Doc): void {
  onlyKnown('$merge', spec, ['into', 'on', 'let', 'whenMatched', 'whenNotMatched']);
  const { on, let: variables, whenMatched = 'merge', whenNotMatched = 'insert' } = spec;
  const names: unknown[] = Array.isArray(on) ? on : [on ?? '_id'];
  if (names.length === 0 || names.some((name) => typeof name !== 'string')) {
    const message = `$merge 'on' has to be a string or a non-empty array of strings, is ${shellText(on)}`;
    throw new ServerError(51186, message);
  }
  if (variables !== undefined && !isDocument(variables)) {
    throw new ServerError('TypeMismatch', "BSON field '$merge.let' has to be an object");
  }
  const modes: [name: string, value: unknown, known: string[]][] = [
    ['whenMatched', Array.isArray(whenMatched) ? 'merge' : whenMatched, WHEN_MATCHED],
    ['whenNotMatched', whenNotMatched, WHEN_NOT_MATCHED],
  ];
  for (const [name, value, known] of modes) {
    if (known.includes(value as string)) continue;
    const message = `Enumeration value ${shellText(value)} for field '${name}' is not a valid value, expected one of ${known.join(', ')}.`;
    throw new ServerError('BadValue', message);
  }
}

function destination(database: string, into: unknown): string {
  if (typeof into === 'string') return `${database}.${into}`;
  if (isDocument(into) && typeof into.coll === 'string') {
    return `${typeof into.db === 'string' ? into.db : database}.${into.coll}`;
  }
  throw new ServerError(16990, 'a stage that writes needs the name of a collection');
}

/** `$out`: the collection holds the results and nothing else, with the indexes it had; all or nothing. */
export async function replaceCollection(
  store: StoreState,
  database: string,
  into: unknown,
  results: Iterable<Doc>,
): Promise<void> {
  if (isDocument(into)) onlyKnown('$out', into, ['db', 'coll']);
  const namespace = destination(database, into);
  const temporary = `${namespace}.tmp-out`;
  await store.storage.write(() => {
    const before = store.catalog.find(namespace);
    const fresh = store.catalog.create(temporary, before?.options);
    try {
      for (const index of before?.indexes.slice(1) ?? []) fresh.addIndex(index.spec);
      for (const result of results) insert(fresh, result);
    } catch (error) {
      store.catalog.drop(fresh);
      throw error;
    }
    if (before) store.catalog.drop(before);
    store.catalog.rename(fresh, namespace);
  });
}

function insert(collection: Collection, result: Doc): void {
  const doc = withNewId(result);
  collection.insert(doc, encode(doc));
}

/** `$merge`: each result meets the document with the same `on` fields, or is new. */
export async function merge(
  store: StoreState,
  database: string,
  spec: unknown,
  results: Iterable<Doc>,
): Promise<void> {
  const options = isDocument(spec) ? spec : { into: spec };
  checkMerge(options);
  if (isDocument(options.into)) onlyKnown('$merge.into', options.into, ['db', 'coll']);
  const namespace = destination(database, options.into);
  const on = (Array.isArray(options.on) ? options.on : [options.on ?? '_id']) as string[];
  await store.storage.write(() => {
    const collection = store.catalog.findOrCreate(namespace);
    checkOn(collection, on);
    for (const result of results) mergeOne(collection, withNewId(result), on, options);
  });
}

function checkOn(collection: Collection, on: string[]): void {
  const wanted = [...on].sort().join();
  const served = collection.indexes.some(
    (index) =>
      index.unique &&
      !index.partial &&
      index.fields
        .map(({ path }) => path)
        .sort()
        .join() === wanted,
  );
  if (!served) {
    throw new ServerError(51183, `Cannot find index to verify that join fields will be unique`);
  }
}

function mergeOne(collection: Collection, result: Doc, on: string[], options: Doc): void {
  const filter: Doc = {};
  for (const path of on) filter[path] = result[path];
  const found = find(collection, { filter, limit: 1 }).next();
  const { whenMatched = 'merge', whenNotMatched = 'insert' } = options;
  if (found.done) {
    if (whenNotMatched === 'discard') return;
    if (whenNotMatched === 'fail') {
      throw new ServerError(
        13113,
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    }
    return insert(collection, result);
  }
  const record: StoredRecord = found.value;
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
