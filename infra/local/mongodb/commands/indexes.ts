import { equalValues } from '../bson/key-encoding.ts';
import { documentField, listField } from '../bson/shapes.ts';
import { shellText } from '../bson/shell-text.ts';
import { encode, entriesOf, isDocument, toNumber, truthy, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { compileFilter } from '../query/compile.ts';
import type { Collection } from '../storage/collection.ts';
import { samePattern } from '../storage/planner.ts';
import { collectionOf, namespaceOf, type Command } from './call.ts';
import { sessionOf } from './sessions.ts';

const KEPT = ['unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'];
const KNOWN = ['v', 'key', 'name', 'background', 'ns', ...KEPT];
const UNSERVED = [
  ...['collation', 'hidden', 'wildcardProjection', 'weights', 'default_language', '2dsphereIndexVersion'],
  'bits',
];

export const createIndexes: Command = (call) => {
  const namespace = namespaceOf(call);
  const specs = listField(call.body, 'indexes', 'createIndexes').map(checkSpec);
  if (specs.length === 0) refuse('BadValue', 'Must specify at least one index to create');
  const { storage, catalog } = call.store;
  return storage.write(() => {
    const existed = catalog.find(namespace) !== undefined;
    const collection = catalog.findOrCreate(namespace);
    const before = collection.indexes.length;
    const added: string[] = [];
    try {
      for (const spec of specs) {
        if (alreadyThere(collection, spec)) continue;
        collection.addIndex(spec);
        added.push(String(spec.name));
      }
    } catch (error) {
      for (const index of collection.indexes.filter(({ name }) => added.includes(name)))
        collection.dropIndex(index);
      throw error;
    }
    const all = added.length === 0 ? { note: 'all indexes already exist' } : {};
    return {
      numIndexesBefore: before,
      numIndexesAfter: collection.indexes.length,
      createdCollectionAutomatically: !existed,
      ...all,
    };
  });
};

function cannotCreate(why: string): never {
  refuse('CannotCreateIndex', why);
}

function checkSpec(sent: Doc): Doc {
  const { key } = sent;
  if (!isDocument(key) || entriesOf(key).length === 0) {
    cannotCreate('Index keys cannot be an empty object');
  }
  for (const [path, direction] of entriesOf(key)) {
    if (typeof direction === 'string') {
      cannotCreate(`Index type '${direction}' is not served by this store`);
    }
    const number = toNumber(direction);
    if (number === undefined || number === 0 || Number.isNaN(number)) {
      const message = `Values in v:2 index key pattern must be numbers > 0, numbers < 0 or strings: ${path}: ${shellText(direction)}`;
      cannotCreate(message);
    }
    if (path === '' || path.split('.').includes('')) {
      cannotCreate('Index keys cannot contain an empty field.');
    }
    if (path.includes('$')) cannotCreate(`Index type '${path}' is not served by this store`);
  }
  const unserved = UNSERVED.find((option) => option in sent && sent[option] !== false);
  if (unserved) cannotCreate(`The index option '${unserved}' is not served by this store`);
  const unknown = Object.keys(sent).find((option) => ![...KNOWN, ...UNSERVED].includes(option));
  if (unknown) {
    const message = `The field '${unknown}' is not valid for an index specification. Specification: ${shellText(sent)}`;
    refuse('InvalidIndexSpecificationOption', message);
  }
  if (typeof sent.name !== 'string') {
    refuse('FailedToParse', `The 'name' field is a required property of an index specification`);
  }
  const { expireAfterSeconds: ttl, partialFilterExpression: partial } = sent;
  if (ttl !== undefined && (toNumber(ttl) === undefined || toNumber(ttl)! < 0)) {
    const message = `TTL index 'expireAfterSeconds' option must be numeric and within [0, 2147483647]`;
    cannotCreate(message);
  }
  if (ttl !== undefined && entriesOf(key).length > 1) {
    cannotCreate('TTL indexes are single-field indexes, compound indexes do not support TTL');
  }
  if (partial !== undefined) {
    if (!isDocument(partial)) {
      const message = `The field 'partialFilterExpression' must be an object, but got ${typeName(partial)}`;
      refuse('TypeMismatch', message);
    }
    if (truthy(sent.sparse)) {
      cannotCreate("cannot mix 'partialFilterExpression' and 'sparse' options");
    }
    compileFilter(partial);
  }
  const spec: Doc = { v: 2, key, name: sent.name };
  for (const option of ['unique', 'sparse']) if (truthy(sent[option])) spec[option] = true;
  if (partial !== undefined) spec.partialFilterExpression = partial;
  if (ttl !== undefined) spec.expireAfterSeconds = ttl;
  return spec;
}

/** Like the server, accepts an identical index again, and refuses the same name or key with other options. */
function alreadyThere(collection: Collection, spec: Doc): boolean {
  const key = spec.key as Doc;
  if (samePattern(key, { _id: 1 })) return true;
  const sameOptions = (other: Doc) => KEPT.every((name) => equalValues(other[name], spec[name]));
  for (const index of collection.indexes) {
    const sameKey = samePattern(index.spec.key as Doc, key);
    if (index.name === spec.name) {
      if (sameKey && sameOptions(index.spec)) return true;
      refuse(
        sameKey ? 'IndexOptionsConflict' : 'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are ` +
          `auto generated and can cause conflicts. Please refer to our documentation. Requested index: ` +
          `${shellText(spec)}, existing index: ${shellText(index.spec)}`,
      );
    }
    if (sameKey && equalValues(index.spec.partialFilterExpression, spec.partialFilterExpression)) {
      refuse('IndexOptionsConflict', `Index already exists with a different name: ${index.name}`);
    }
  }
  return false;
}

export const listIndexes: Command = (call) => {
  const collection = collectionOf(call);
  const namespace = namespaceOf(call);
  if (!collection) refuse('NamespaceNotFound', `ns does not exist: ${namespace}`);
  const specs = collection.indexes.map(({ spec }) => encode(spec));
  const cursor = documentField(call.body, 'cursor', 'listIndexes');
  return call.store.cursors.start(namespace, specs.values(), {
    batchSize: toNumber(cursor?.batchSize) ?? Infinity,
    session: sessionOf(call.body),
  });
};

export const dropIndexes: Command = (call) => {
  const namespace = namespaceOf(call);
  const wanted = call.body.index;
  const { storage, catalog } = call.store;
  return storage.write(() => {
    const collection = catalog.find(namespace);
    if (!collection) refuse('NamespaceNotFound', `ns not found ${namespace}`);
    const nIndexesWas = collection.indexes.length;
    if (wanted === '*') {
      for (const index of collection.indexes.slice(1)) collection.dropIndex(index);
      return { nIndexesWas, msg: 'non-_id indexes dropped for collection' };
    }
    for (const one of Array.isArray(wanted) ? (wanted as unknown[]) : [wanted]) {
      const index = collection.indexes.find(
        ({ name, spec }) => name === one || (isDocument(one) && samePattern(spec.key as Doc, one)),
      );
      if (!index) {
        const what = isDocument(one)
          ? `can't find index with key: ${shellText(one)}`
          : `index not found with name [${String(one)}]`;
        refuse('IndexNotFound', what);
      }
      if (index.name === '_id_') refuse('InvalidOptions', 'cannot drop _id index');
      collection.dropIndex(index);
    }
    return { nIndexesWas };
  });
};
