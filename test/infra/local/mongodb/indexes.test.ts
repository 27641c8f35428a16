import type { Collection, Document, Sort } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

let number = 0;
const fresh = () => t.db.collection<Document>(`c${++number}`);

interface Explained {
  queryPlanner: { winningPlan: { stage: string; inputStage?: { indexName: string; direction: string } } };
  executionStats: { totalDocsExamined: number; nReturned: number };
}

async function explained(c: Collection, filter: Document, sort?: Sort) {
  const { queryPlanner, executionStats } = (await c.find(filter, { sort }).explain()) as unknown as Explained;
  return {
    stage: queryPlanner.winningPlan.stage,
    index: queryPlanner.winningPlan.inputStage?.indexName,
    direction: queryPlanner.winningPlan.inputStage?.direction,
    examined: executionStats.totalDocsExamined,
    returned: executionStats.nReturned,
  };
}

test('a point query reads one document among many, and a query without an index reads all', async () => {
  const c = fresh();
  await c.insertMany(Array.from({ length: 5000 }, (_, n) => ({ _id: n as never, n, even: n % 2 === 0 })));
  await c.createIndex({ n: 1 });
  expect(await explained(c, { _id: 4321 })).toMatchObject({ index: '_id_', examined: 1, returned: 1 });
  expect(await explained(c, { n: 4321 })).toMatchObject({ stage: 'FETCH', index: 'n_1', examined: 1 });
  expect(await explained(c, { n: { $gte: 10, $lt: 20 } })).toMatchObject({ index: 'n_1', examined: 10 });
  expect(await explained(c, { n: { $in: [1, 2, 99999] } })).toMatchObject({ index: 'n_1', examined: 2 });
  expect(await explained(c, { even: true })).toMatchObject({ stage: 'COLLSCAN', examined: 5000 });
  expect(await explained(c, { _id: 7, $or: [{ even: true }, { n: 7 }] })).toMatchObject({ examined: 1 });
});

test('an index of the documents that have a field serves the query for a string in it, and no other', async () => {
  const c = fresh();
  await c.insertMany(Array.from({ length: 100 }, (_, n) => (n < 50 ? { n } : { n, tag: `t${n % 5}` })));
  const partialFilterExpression = { tag: { $exists: true } };
  await c.createIndex({ tag: 1, n: -1 }, { name: 'tags', partialFilterExpression });
  expect(await explained(c, { tag: 't1' }, { n: -1 })).toMatchObject({ index: 'tags', examined: 10 });
  // Here, documents without the field are found too.
  expect(await explained(c, { tag: null })).toMatchObject({ stage: 'COLLSCAN', returned: 50 });
});

test('an index gives the order, forward and backward, after an equality too', async () => {
  const c = fresh();
  await c.insertMany(
    Array.from({ length: 100 }, (_, n) => ({ kind: n % 2 ? 'a' : 'b', at: (n * 37) % 100 })),
  );
  await c.createIndex({ kind: 1, at: -1 });
  expect(await explained(c, { kind: 'a' }, { at: -1 })).toMatchObject({
    stage: 'FETCH',
    direction: 'forward',
  });
  expect(await explained(c, { kind: 'a' }, { at: 1 })).toMatchObject({
    stage: 'FETCH',
    direction: 'backward',
  });
  expect(await explained(c, {}, { kind: -1, at: 1 })).toMatchObject({
    stage: 'FETCH',
    direction: 'backward',
  });
  expect(await explained(c, {}, { at: 1 })).toMatchObject({ stage: 'SORT' });
  const found = await c.find({ kind: 'a', at: { $gt: 50, $lte: 61 } }, { sort: { at: 1 } }).toArray();
  expect(found.map(({ at }) => at as number)).toEqual([51, 53, 55, 57, 59, 61]);
  expect(await explained(c, { kind: 'a', at: { $gt: 50, $lte: 61 } })).toMatchObject({ examined: 6 });
  expect(await c.find({}, { sort: { at: 1 }, limit: 1, skip: 3 }).toArray()).toMatchObject([{ at: 3 }]);
});

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number) {
  return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}

test('with any index a query gives the same documents as without', async () => {
  const next = random(42);
  const pick = <T>(items: T[]): T => items[Math.floor(next() * items.length)]!;
  const value = (): unknown =>
    pick<() => unknown>([
      () => Math.floor(next() * 6),
      () => next() * 6,
      () => pick(['', 'a', 'ab', 'b', 'a\0b', 'ä', 'x'.repeat(2500), 'x'.repeat(2600)]),
      () => null,
      () => pick([true, false]),
      () => [Math.floor(next() * 6), pick(['a', 3])],
      () => [],
      () => ({ c: Math.floor(next() * 3) }),
      () => new Date(Math.floor(next() * 5)),
    ])();
  const document = () => {
    const doc: Document = {};
    if (next() < 0.9) doc.a = value();
    if (next() < 0.9 && !Array.isArray(doc.a)) doc.b = value();
    else doc.b = Math.floor(next() * 3);
    return doc;
  };
  const plain = fresh();
  const indexed = fresh();
  const documents = Array.from({ length: 200 }, (_, n) => ({ _id: n, ...document() }));
  await plain.insertMany(documents as never[]);
  await indexed.insertMany(documents as never[]);
  await indexed.createIndexes([{ key: { a: 1 } }, { key: { b: -1, a: 1 } }, { key: { b: 1 }, sparse: true }]);
  const condition = (): unknown =>
    pick<() => unknown>([
      value,
      () => ({ $gt: value() }),
      () => ({ $gte: value(), $lt: value() }),
      () => ({ $lte: value() }),
      () => ({ $in: [value(), value()] }),
      () => ({ $ne: value() }),
      () => ({ $exists: pick([true, false]) }),
    ])();
  for (let i = 0; i < 120; i++) {
    const filter: Document = {};
    if (next() < 0.8) filter.a = condition();
    if (next() < 0.6) filter.b = condition();
    const ids = async (c: Collection) =>
      (await c.find(filter).toArray()).map(({ _id }) => _id as unknown as number);
    const sort = pick<Sort>([
      { a: 1, _id: 1 },
      { b: -1, a: 1, _id: 1 },
      { a: -1, _id: 1 },
      { b: 1, _id: -1 },
    ]);
    const sorted = async (c: Collection) => (await c.find(filter, { sort }).toArray()).map(({ _id }) => _id);
    const [expected, actual] = [await ids(plain), await ids(indexed)];
    expect({ filter, ids: actual.sort((x, y) => x - y) }).toEqual({ filter, ids: expected });
    expect({ filter, sort, ids: await sorted(indexed) }).toEqual({ filter, sort, ids: await sorted(plain) });
  }
});

test('a unique index refuses, alone, compound, sparse and partial', async () => {
  const c = fresh();
  await c.createIndexes([
    { key: { a: 1, b: 1 }, unique: true, name: 'both' },
    { key: { s: 1 }, unique: true, sparse: true },
    { key: { p: 1 }, unique: true, partialFilterExpression: { live: true } },
  ]);
  await c.insertMany([
    { a: 1, b: 1, p: 1, live: true },
    { a: 1, b: 2, p: 1, live: false },
    { a: 2, b: 1, p: 1 },
  ]);
  await expect(c.insertOne({ a: 1, b: 1 })).rejects.toMatchObject({
    code: 11000,
    keyPattern: { a: 1, b: 1 },
    keyValue: { a: 1, b: 1 },
  });
  await c.insertOne({ a: 3, s: 5 });
  await expect(c.insertOne({ a: 4, s: 5 })).rejects.toMatchObject({ code: 11000, keyPattern: { s: 1 } });
  await expect(c.insertOne({ a: 5, p: 1, live: true })).rejects.toMatchObject({ code: 11000 });
  await expect(c.updateOne({ a: 2 }, { $set: { live: true } })).rejects.toMatchObject({ code: 11000 });
  expect(await c.findOne({ a: 2 })).not.toHaveProperty('live');
  await c.updateOne({ a: 1, b: 1 }, { $set: { b: 9 } });
  await c.insertOne({ a: 1, b: 1 });
});

test('a missing field is null in a unique index', async () => {
  const c = fresh();
  await c.createIndex({ a: 1 }, { unique: true });
  await c.insertOne({ b: 1 });
  await expect(c.insertOne({ b: 2 })).rejects.toMatchObject({ code: 11000, keyValue: { a: null } });
});

test('a unique index holds across number types, and one array may hold a value twice', async () => {
  const c = fresh();
  await c.createIndex({ a: 1 }, { unique: true });
  await c.insertOne({ a: [1, 1] });
  await expect(c.insertOne({ a: 1.0 })).rejects.toMatchObject({ code: 11000 });
});

test('two arrays in one index are refused', async () => {
  const c = fresh();
  await c.createIndex({ a: 1, b: 1 });
  await expect(c.insertOne({ a: [1], b: [2] })).rejects.toMatchObject({
    code: 171,
    message: 'cannot index parallel arrays [b] [a]',
  });
});

test('a unique index over documents with duplicates is refused and has no effect', async () => {
  const c = fresh();
  await c.insertMany([{ a: 1 }, { a: 1 }]);
  await expect(c.createIndex({ a: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 });
  expect(await c.indexes()).toHaveLength(1);
});

test('indexes are created once, listed and dropped', async () => {
  const c = fresh();
  expect(await c.createIndex({ a: 1 })).toBe('a_1');
  expect(await c.createIndex({ a: 1 })).toBe('a_1');
  expect(await c.indexes()).toEqual([
    { v: 2, key: { _id: 1 }, name: '_id_' },
    { v: 2, key: { a: 1 }, name: 'a_1' },
  ]);
  await expect(c.createIndex({ a: 1 }, { unique: true })).rejects.toMatchObject({ code: 85 });
  await expect(c.createIndex({ b: 1 }, { name: 'a_1' })).rejects.toMatchObject({ code: 86 });
  await expect(c.createIndex({ a: '2dsphere' })).rejects.toMatchObject({ code: 67 });
  await expect(c.createIndex({ a: 1, b: 1 }, { hidden: true })).rejects.toMatchObject({ code: 67 });
  await expect(c.dropIndex('nope')).rejects.toMatchObject({ code: 27 });
  await expect(c.dropIndex('_id_')).rejects.toMatchObject({ code: 72 });
  await c.dropIndex('a_1');
  expect(await c.indexes()).toHaveLength(1);
  await expect(t.db.collection('never').indexes()).rejects.toMatchObject({ code: 26 });
});

test('a hint is followed, and a wrong one refused', async () => {
  const c = fresh();
  await c.createIndex({ a: 1 });
  await c.insertOne({ a: 1, b: 1 });
  expect(await c.find({ b: 1 }, { hint: 'a_1' }).explain()).toMatchObject({
    queryPlanner: { winningPlan: { inputStage: { indexName: 'a_1' } } },
  });
  await expect(c.find({}, { hint: 'nope' }).toArray()).rejects.toMatchObject({ code: 2 });
});
