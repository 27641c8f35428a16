import { documentField } from '../bson/shapes.ts';
import { encode, truthy, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { compileFilter } from '../query/compile.ts';
import { checkNamespace } from '../storage/catalog.ts';
import { collectionOf, namespaceOf, type Command } from './call.ts';
import { batchSizeOf } from './read.ts';
import { sessionOf } from './sessions.ts';

const UNSERVED_OPTIONS = ['capped', 'viewOn', 'timeseries', 'validator', 'clusteredIndex', 'collation'];

export const create: Command = (call) => {
  const namespace = namespaceOf(call);
  checkNamespace(namespace);
  const unserved = UNSERVED_OPTIONS.find((name) => call.body[name] !== undefined && truthy(call.body[name]));
  if (unserved) refuse('InvalidOptions', `The collection option '${unserved}' is not served by this store`);
  const { storage, catalog } = call.store;
  return storage.write(() => {
    // On the server, too, a second `create` with the same options succeeds.
    catalog.findOrCreate(namespace);
    return {};
  });
};

export const drop: Command = (call) => {
  const namespace = namespaceOf(call);
  const { storage, catalog } = call.store;
  return storage.write((): Doc => {
    const collection = catalog.find(namespace);
    if (!collection) return {};
    const nIndexesWas = collection.indexes.length;
    catalog.drop(collection);
    return { nIndexesWas, ns: namespace };
  });
};

export const dropDatabase: Command = ({ store: { storage, catalog }, database }) => {
  return storage.write((): Doc => {
    const collections = catalog.list(database);
    for (const collection of collections) catalog.drop(collection);
    return collections.length === 0 ? {} : { dropped: database };
  });
};

export const renameCollection: Command = ({ body, store: { storage, catalog } }) => {
  const from = String(body.renameCollection);
  const to = String(body.to);
  return storage.write(() => {
    const collection = catalog.find(from);
    if (!collection) refuse('NamespaceNotFound', `Source collection ${from} does not exist`);
    const other = catalog.find(to);
    if (other && !truthy(body.dropTarget)) refuse('NamespaceExists', 'target namespace exists');
    if (other) catalog.drop(other);
    catalog.rename(collection, to);
    return {};
  });
};

export const listCollections: Command = (call) => {
  const { body, database, store } = call;
  const matches = compileFilter(documentField(body, 'filter', 'listCollections') ?? {});
  const shown = store.catalog
    .list(database)
    .map((collection): Doc => ({
      name: collection.name,
      type: 'collection',
      options: collection.options,
      info: { readOnly: false },
      idIndex: collection.idIndex.spec,
    }))
    .filter(matches)
    .map((entry) => encode(truthy(body.nameOnly) ? { name: entry.name, type: entry.type } : entry));
  return store.cursors.start(`${database}.$cmd.listCollections`, shown.values(), {
    batchSize: batchSizeOf(documentField(body, 'cursor', 'listCollections')?.batchSize) ?? Infinity,
    session: sessionOf(body),
  });
};

export const listDatabases: Command = ({ body, store }) => {
  const names = new Set(store.catalog.list().map((collection) => collection.database));
  const matches = compileFilter(documentField(body, 'filter', 'listDatabases') ?? {});
  const databases = [...names]
    .sort()
    .map((name): Doc => ({ name, sizeOnDisk: 4096, empty: false }))
    .filter(matches);
  if (truthy(body.nameOnly)) return { databases: databases.map(({ name }) => ({ name })) };
  const totalSize = 4096 * databases.length;
  return { databases, totalSize, totalSizeMb: Math.floor(totalSize / 1024 / 1024) };
};

export const dbStats: Command = ({ database, store }) => {
  const collections = store.catalog.list(database);
  const sum = (of: (collection: (typeof collections)[number]) => number) =>
    collections.map(of).reduce((a, b) => a + b, 0);
  return {
    db: database,
    collections: collections.length,
    views: 0,
    objects: sum((collection) => collection.count()),
    avgObjSize: 0,
    dataSize: 0,
    storageSize: 0,
    indexes: sum((collection) => collection.indexes.length),
    indexSize: 0,
    totalSize: 0,
  };
};

export const collStats: Command = (call) => {
  const collection = collectionOf(call);
  return {
    ns: namespaceOf(call),
    count: collection?.count() ?? 0,
    size: 0,
    storageSize: 0,
    nindexes: collection?.indexes.length ?? 0,
    totalIndexSize: 0,
    indexSizes: Object.fromEntries((collection?.indexes ?? []).map(({ name }) => [name, 0])),
  };
};
