import { Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

let number = 0;
const fresh = () => t.db.collection<Document>(`c${++number}`);

/** What `update` makes of `before`, without its `_id`. */
async function changed(
  before: Document,
  update: Document | Document[],
  options: Document = {},
  filter: Document = {},
) {
  const c = fresh();
  await c.insertOne({ _id: 1 as never, ...before });
  await c.updateOne(filter, update, options);
  const found = await c.findOne({}, { projection: { _id: 0 } });
  return found!;
}

test.each<[string, Document, Document, Document]>([
  ['$set makes the documents on the way', { a: 1 }, { $set: { 'b.c.d': 2 } }, { a: 1, b: { c: { d: 2 } } }],
  ['$set fills an array with null', { a: [1] }, { $set: { 'a.3': 4 } }, { a: [1, null, null, 4] }],
  [
    '$unset removes, but leaves null in an array',
    { a: 1, b: [1, 2] },
    { $unset: { a: '', 'b.0': '' } },
    { b: [null, 2] },
  ],
  [
    '$inc and $mul count, from nothing too',
    { a: 2 },
    { $inc: { a: 3, b: 1 }, $mul: { c: 5 } },
    { a: 5, b: 1, c: 0 },
  ],
  ['$min and $max compare as BSON', { a: 5, b: 5 }, { $min: { a: 3 }, $max: { b: 'x' } }, { a: 3, b: 'x' }],
  ['$rename moves', { a: 1, b: 2 }, { $rename: { a: 'c.d' } }, { b: 2, c: { d: 1 } }],
  ['$push appends', { a: [1] }, { $push: { a: 2, b: 1 } }, { a: [1, 2], b: [1] }],
  [
    '$push with its modifiers',
    { a: [5, 1] },
    { $push: { a: { $each: [3, 2], $position: 0, $sort: -1, $slice: 3 } } },
    { a: [5, 3, 2] },
  ],
  ['$addToSet adds what is new', { a: [1] }, { $addToSet: { a: { $each: [1, 2, 2] } } }, { a: [1, 2] }],
  [
    '$pop takes from either end',
    { a: [1, 2, 3], b: [1, 2] },
    { $pop: { a: 1, b: -1 } },
    { a: [1, 2], b: [2] },
  ],
  ['$pull by condition', { a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  ['$pull by fields', { a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }, { a: [{ x: 2 }] }],
  ['$pullAll by value', { a: [1, 2, 1, 3] }, { $pullAll: { a: [1, 3] } }, { a: [2] }],
  ['$bit', { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
  ['fields are added in the order of their names', {}, { $set: { b: 1, a: 2 } }, { a: 2, b: 1 }],
  ['$[] changes every item', { a: [1, 2] }, { $inc: { 'a.$[]': 1 } }, { a: [2, 3] }],
])('%s', async (_name, before, update, after) => {
  const result = await changed(before, update);
  expect(result).toEqual(after);
  expect(Object.keys(result)).toEqual(Object.keys(after));
});

test('$[name] changes the items that its filter names', async () => {
  const before = { a: [{ n: 1 }, { n: 5 }, { n: 9 }] };
  const arrayFilters = [{ 'big.n': { $gte: 5 } }];
  expect(await changed(before, { $set: { 'a.$[big].seen': true } }, { arrayFilters })).toEqual({
    a: [{ n: 1 }, { n: 5, seen: true }, { n: 9, seen: true }],
  });
});

test('array filters are a list of documents', async () => {
  for (const wrong of [5, 'x', [5]]) {
    const options = { arrayFilters: wrong as never };
    await expect(changed({ a: [1] }, { $set: { 'a.$[x]': 1 } }, options)).rejects.toMatchObject({ code: 14 });
  }
});

test('$ changes the item that matched the query', async () => {
  const before = { a: [{ n: 1 }, { n: 5 }, { n: 5 }] };
  expect(await changed(before, { $set: { 'a.$.hit': 1 } }, {}, { 'a.n': 5 })).toEqual({
    a: [{ n: 1 }, { n: 5, hit: 1 }, { n: 5 }],
  });
});

test('$currentDate sets a date', async () => {
  expect((await changed({}, { $currentDate: { at: true } })).at).toBeInstanceOf(Date);
});

test('a pipeline computes from the document itself', async () => {
  expect(
    await changed({ a: 2, b: 3 }, [{ $set: { c: { $multiply: ['$a', '$b'] } } }, { $unset: 'a' }]),
  ).toEqual({
    b: 3,
    c: 6,
  });
});

test('a replacement keeps the _id and nothing else', async () => {
  const c = fresh();
  await c.insertOne({ _id: 1 as never, a: 1 });
  await c.replaceOne({ a: 1 }, { b: 2 });
  expect(await c.findOne()).toEqual({ _id: 1, b: 2 });
  await expect(c.replaceOne({ b: 2 }, { _id: 2 as never, b: 2 })).rejects.toMatchObject({ code: 66 });
});

test('sums get the type that the server gives them', async () => {
  const name = `c${++number}`;
  const c = t.db.collection<Document>(name, { promoteValues: false });
  await c.insertOne({
    i: new Int32(2147483647),
    d: new Double(1),
    l: Long.fromNumber(1),
    m: Decimal128.fromString('0.10'),
  });
  await c.updateOne(
    {},
    { $inc: { i: new Int32(1), d: new Int32(1), l: new Double(0.5), m: Decimal128.fromString('0.20') } },
  );
  const sums = await c.findOne();
  expect(String(sums!.m)).toBe('0.30');
  expect(sums).toMatchObject({
    i: Long.fromNumber(2147483648),
    d: new Double(2),
    l: new Double(1.5),
  });
  await c.updateOne({}, { $set: { l: Long.MAX_VALUE } });
  const overflow = t.db.collection(name).updateOne({}, { $inc: { l: new Int32(1) } });
  await expect(overflow).rejects.toMatchObject({ code: 2 });
});

test.each<[string, Document, Document, number]>([
  ['a path through a value', { a: 1 }, { $set: { 'a.b': 1 } }, 28],
  ['a path through null', { a: null }, { $set: { 'a.b': 1 } }, 28],
  ['two operators on one path', {}, { $set: { a: 1 }, $inc: { a: 1 } }, 40],
  ['two operators on a path and its part', {}, { $set: { a: 1, 'a.b': 1 } }, 40],
  ['another _id', {}, { $set: { _id: 2 } }, 66],
  ['$inc of a text', { a: 'x' }, { $inc: { a: 1 } }, 14],
  ['$inc by a text', { a: 1 }, { $inc: { a: 'x' } }, 14],
  ['$push to a number', { a: 1 }, { $push: { a: 1 } }, 2],
  ['$pop of a number', { a: 1 }, { $pop: { a: 1 } }, 14],
  ['an empty name', {}, { $set: { 'a..b': 1 } }, 56],
  ['a name with a dollar', {}, { $set: { $a: 1 } }, 52],
  ['an operator that takes no number', {}, { $set: 5 }, 9],
  ['a position that nothing matched', { a: [1] }, { $set: { 'a.$': 2 } }, 2],
  ['$[] on what is no array', { a: 1 }, { $set: { 'a.$[]': 2 } }, 2],
  ['$[name] without a filter', { a: [1] }, { $set: { 'a.$[x]': 2 } }, 2],
])('refused: %s', async (_name, before, update, code) => {
  await expect(changed(before, update)).rejects.toMatchObject({ code });
});

test('an upsert with a replacement takes the _id of the filter', async () => {
  const c = fresh();
  const _id = new ObjectId();
  const result = await c.replaceOne({ _id, a: 5 }, { b: 1 }, { upsert: true });
  expect(result.upsertedId).toEqual(_id);
  expect(await c.findOne()).toEqual({ _id, b: 1 });
});

test('an upsert without _id creates one, and a pipeline may upsert', async () => {
  const c = fresh();
  const { upsertedId } = await c.updateOne({ k: 1 }, [{ $set: { n: { $ifNull: ['$n', 1] } } }], {
    upsert: true,
  });
  expect(upsertedId).toBeInstanceOf(ObjectId);
  expect(await c.findOne()).toEqual({ _id: upsertedId, k: 1, n: 1 });
});

test('an update with sort, which a later version has, is refused as by 7.0', async () => {
  const updates = [{ q: {}, u: { $set: { a: 1 } }, sort: { a: 1 } }];
  await expect(t.db.command({ update: 'c', updates })).rejects.toMatchObject({ code: 40415 });
});

test('a multi update with a replacement is refused', async () => {
  const updates = [{ q: {}, u: { a: 1 }, multi: true }];
  expect(await t.db.command({ update: 'c', updates })).toMatchObject({ n: 0, writeErrors: [{ code: 9 }] });
});

test('an _id that is an array or a pattern is refused', async () => {
  for (const _id of [[1], /a/]) {
    await expect(fresh().insertOne({ _id: _id as never })).rejects.toMatchObject({ code: 53 });
  }
});

test('documents up to 16 MiB are stored, larger ones are refused', async () => {
  const c = fresh();
  const room = 16 * 1024 * 1024 - 4 - 1 - 14 - 1 - 2 - 4 - 1 - 1 - 3;
  await c.insertOne({ _id: 1 as never, a: 'x'.repeat(room - 9) });
  await expect(c.updateOne({}, { $set: { b: 'y'.repeat(100) } })).rejects.toMatchObject({ code: 17419 });
  await c.deleteMany({});
  const documents = [{ a: 'x'.repeat(16 * 1024 * 1024) }];
  const reply = await t.db.command({ insert: c.collectionName, documents });
  expect(reply).toMatchObject({ n: 0, writeErrors: [{ code: 2 }] });
});
