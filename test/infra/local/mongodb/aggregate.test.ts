import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
beforeAll(async () => {
  t = await testStore();
  await t.db.collection<Document>('sales').insertMany([
    { _id: 1, item: 'a', qty: 2, price: 5, tags: ['x', 'y'] },
    { _id: 2, item: 'b', qty: 1, price: 7, tags: ['y'] },
    { _id: 3, item: 'a', qty: 3, price: 5, tags: [] },
  ] as never[]);
  await t.db.collection<Document>('items').insertMany([
    { _id: 'a', name: 'Apple' },
    { _id: 'b', name: 'Bread' },
  ] as never[]);
});
afterAll(() => t.stop());

const run = (pipeline: Document[], options: Document = {}) =>
  t.db.collection('sales').aggregate(pipeline, options).toArray();

test('match, group, sort, limit and skip', async () => {
  expect(
    await run([
      { $match: { qty: { $gt: 0 } } },
      { $group: { _id: '$item', n: { $sum: '$qty' }, mean: { $avg: '$qty' }, most: { $max: '$qty' } } },
      { $sort: { n: -1 } },
    ]),
  ).toEqual([
    { _id: 'a', n: 5, mean: 2.5, most: 3 },
    { _id: 'b', n: 1, mean: 1, most: 1 },
  ]);
  expect(await run([{ $sort: { _id: -1 } }, { $skip: 1 }, { $limit: 1 }, { $project: { _id: 1 } }])).toEqual([
    { _id: 2 },
  ]);
});

test('unwind, project, addFields, replaceRoot, count, facet, bucket, sortByCount', async () => {
  expect(await run([{ $unwind: '$tags' }, { $sortByCount: '$tags' }])).toEqual([
    { _id: 'y', count: 2 },
    { _id: 'x', count: 1 },
  ]);
  expect(
    await run([{ $addFields: { total: { $multiply: ['$qty', '$price'] } } }, { $project: { total: 1 } }]),
  ).toEqual([
    { _id: 1, total: 10 },
    { _id: 2, total: 7 },
    { _id: 3, total: 15 },
  ]);
  expect(await run([{ $match: { item: 'a' } }, { $count: 'n' }])).toEqual([{ n: 2 }]);
  expect(
    await run([{ $facet: { a: [{ $count: 'n' }], b: [{ $limit: 1 }, { $project: { _id: 1 } }] } }]),
  ).toEqual([{ a: [{ n: 3 }], b: [{ _id: 1 }] }]);
});

test('lookup joins another collection', async () => {
  const pipeline = [
    { $match: { _id: 1 } },
    { $lookup: { from: 'items', localField: 'item', foreignField: '_id', as: 'of' } },
    { $project: { of: 1 } },
  ];
  expect(await run(pipeline)).toEqual([{ _id: 1, of: [{ _id: 'a', name: 'Apple' }] }]);
});

test('variables of let are seen', async () => {
  expect(
    await run([{ $match: { $expr: { $eq: ['$item', '$$wanted'] } } }, { $project: { _id: 1 } }], {
      let: { wanted: 'b' },
    }),
  ).toEqual([{ _id: 2 }]);
});

test('a large result comes in batches', async () => {
  const pipeline = [{ $match: {} }, { $addFields: { copies: { $range: [0, 500] } } }, { $unwind: '$copies' }];
  expect(await run(pipeline, { batchSize: 100 })).toHaveLength(1500);
});

test('$out replaces a collection and keeps its indexes', async () => {
  const out = t.db.collection<Document>('out');
  await out.createIndex({ total: 1 });
  await out.insertOne({ old: true });
  await run([{ $group: { _id: '$item', total: { $sum: '$qty' } } }, { $out: 'out' }]);
  expect(await out.find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: 'a', total: 5 },
    { _id: 'b', total: 1 },
  ]);
  expect((await out.indexes()).map(({ name }) => name)).toEqual(['_id_', 'total_1']);
  expect((await t.db.listCollections().toArray()).map(({ name }) => name).sort()).toEqual([
    'items',
    'out',
    'sales',
  ]);
});

test('$merge inserts, merges, replaces, keeps and fails as its options say', async () => {
  const into = t.db.collection<Document>('merged');
  await into.insertOne({ _id: 'a' as never, kept: 1 });
  const grouped = { $group: { _id: '$item', total: { $sum: '$qty' } } };
  await run([grouped, { $merge: { into: 'merged' } }]);
  expect(await into.find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: 'a', kept: 1, total: 5 },
    { _id: 'b', total: 1 },
  ]);
  await run([
    grouped,
    { $merge: { into: 'merged', whenMatched: [{ $set: { total: { $add: ['$total', '$$new.total'] } } }] } },
  ]);
  expect(await into.findOne({ _id: 'a' as never })).toEqual({ _id: 'a', kept: 1, total: 10 });
  await run([grouped, { $merge: { into: 'merged', whenMatched: 'replace' } }]);
  expect(await into.findOne({ _id: 'a' as never })).toEqual({ _id: 'a', total: 5 });
  await expect(run([grouped, { $merge: { into: 'merged', whenMatched: 'fail' } }])).rejects.toMatchObject({
    code: 11000,
  });
  await expect(run([grouped, { $merge: { into: 'merged', on: 'total' } }])).rejects.toMatchObject({
    code: 51183,
  });
});

test('what is not served is an error', async () => {
  await expect(run([{ $changeStream: {} }])).rejects.toMatchObject({ code: 115 });
  await expect(run([{ $match: {}, $limit: 1 }])).rejects.toMatchObject({ code: 40323 });
  await expect(run([{ $out: 'x' }, { $match: {} }])).rejects.toMatchObject({ code: 40601 });
  await expect(run([{ $limit: 0 }])).rejects.toMatchObject({ code: 15958 });
  await expect(t.db.command({ aggregate: 'sales', pipeline: [] })).rejects.toMatchObject({ code: 9 });
});

test('a collection is created, listed, renamed and dropped', async () => {
  const db = t.client.db('admin2');
  await db.createCollection('one');
  expect(await db.listCollections({}, { nameOnly: true }).toArray()).toEqual([
    { name: 'one', type: 'collection' },
  ]);
  await db.collection('one').insertOne({ a: 1 });
  await db.collection('two').insertOne({ a: 1 });
  await expect(db.renameCollection('one', 'two')).rejects.toMatchObject({ code: 48 });
  await db.renameCollection('one', 'two', { dropTarget: true });
  expect(await db.collection('two').countDocuments()).toBe(1);
  expect(await db.dropCollection('two')).toBe(true);
  await db.collection('three').insertOne({});
  expect(await db.dropDatabase()).toBe(true);
  expect(await db.listCollections().toArray()).toEqual([]);
  await expect(db.createCollection('c', { capped: true, size: 1000 })).rejects.toMatchObject({ code: 72 });
  await expect(db.collection('x$y').insertOne({})).rejects.toMatchObject({ code: 73 });
});
