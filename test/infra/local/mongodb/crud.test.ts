import { Double, Int32, Long, ObjectId } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

/** A collection of its own for each test. */
let number = 0;
const fresh = () => t.db.collection(`c${++number}`);

test('inserted documents are found, in the order of insertion', async () => {
  const c = fresh();
  const inserted = await c.insertMany([{ a: 2 }, { a: 1 }, { a: 3 }]);
  expect(inserted.insertedCount).toBe(3);
  expect((await c.find().toArray()).map(({ a }) => a as number)).toEqual([2, 1, 3]);
});

test('an insert without _id gets an ObjectId that comes first', async () => {
  const c = fresh();
  await t.db.command({ insert: c.collectionName, documents: [{ a: 1 }] });
  const found = await c.findOne();
  expect(Object.keys(found!)).toEqual(['_id', 'a']);
  expect(found!._id).toBeInstanceOf(ObjectId);
});

test('an ordered insert stops at the first duplicate, an unordered one goes on', async () => {
  for (const ordered of [true, false]) {
    const c = fresh();
    const error = await c
      .insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }] as never[], { ordered })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 11000,
      writeErrors: [{ index: 1, code: 11000 }],
      result: { insertedCount: ordered ? 1 : 2 },
    });
    expect(await c.countDocuments()).toBe(ordered ? 1 : 2);
  }
});

test('a duplicate key is reported with the message, pattern and value of the server', async () => {
  const c = fresh();
  await c.createIndex({ email: 1 }, { unique: true });
  await c.insertOne({ email: 'a@b' });
  await expect(c.insertOne({ email: 'a@b' })).rejects.toMatchObject({
    code: 11000,
    keyPattern: { email: 1 },
    keyValue: { email: 'a@b' },
    message: `E11000 duplicate key error collection: test.${c.collectionName} index: email_1 dup key: { email: "a@b" }`,
  });
});

test('find sorts, skips, limits and projects', async () => {
  const c = fresh();
  await c.insertMany([1, 2, 3, 4, 5].map((n) => ({ _id: n, n, m: n % 2 })) as never[]);
  const found = c.find({ n: { $gt: 1 } }, { sort: { n: -1 }, skip: 1, limit: 2, projection: { n: 1 } });
  expect(await found.toArray()).toEqual([
    { _id: 4, n: 4 },
    { _id: 3, n: 3 },
  ]);
});

test('a cursor gives all documents over several batches', async () => {
  const c = fresh();
  await c.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
  const found = await c.find({}, { batchSize: 7 }).toArray();
  expect(found.map(({ n }) => n as number)).toEqual(Array.from({ length: 1000 }, (_, n) => n));
});

test('a cursor that is closed is gone', async () => {
  const c = fresh();
  await c.insertMany(Array.from({ length: 10 }, (_, n) => ({ n })));
  const { cursor } = await t.db.command({ find: c.collectionName, batchSize: 2 });
  const { id } = cursor as { id: Long };
  expect(await t.db.command({ killCursors: c.collectionName, cursors: [id] })).toMatchObject({
    cursorsKilled: [id],
  });
  await expect(t.db.command({ getMore: id, collection: c.collectionName })).rejects.toMatchObject({
    code: 43,
  });
});

test('singleBatch leaves no cursor open', async () => {
  const c = fresh();
  await c.insertMany([{ a: 1 }, { a: 2 }]);
  const { cursor } = await t.db.command({ find: c.collectionName, batchSize: 1, singleBatch: true });
  expect(cursor).toMatchObject({ firstBatch: [{ a: 1 }] });
  expect(Number((cursor as { id: number }).id)).toBe(0);
});

test('updates count what they matched and what they changed', async () => {
  const c = fresh();
  await c.insertMany([{ a: 1 }, { a: 1 }, { a: 2 }]);
  expect(await c.updateMany({ a: 1 }, { $set: { b: 1 } })).toMatchObject({
    matchedCount: 2,
    modifiedCount: 2,
  });
  expect(await c.updateMany({}, { $set: { b: 1 } })).toMatchObject({ matchedCount: 3, modifiedCount: 1 });
  expect(await c.updateOne({ a: 9 }, { $set: { b: 1 } })).toMatchObject({
    matchedCount: 0,
    modifiedCount: 0,
  });
});

test('an upsert takes the equalities of its filter, and returns the new _id', async () => {
  const c = fresh();
  const result = await c.updateOne(
    { _id: 'k' as never, 'a.b': 1, c: { $gt: 5 }, $or: [{ x: 1 }, { x: 2 }] },
    { $inc: { n: 1 }, $setOnInsert: { 'bag.claims': 0 } },
    { upsert: true },
  );
  expect(result).toMatchObject({ upsertedCount: 1, upsertedId: 'k', matchedCount: 0, modifiedCount: 0 });
  expect(await c.findOne()).toEqual({ _id: 'k', a: { b: 1 }, n: 1, bag: { claims: 0 } });
});

test('a claim by findOneAndUpdate creates, takes over, or collides', async () => {
  const c = fresh();
  const id = new ObjectId();
  const claim = (holder: string) =>
    c.findOneAndUpdate(
      { _id: id, $or: [{ 'cronActivity.pending': false }, { until: { $lt: 5 } }] },
      {
        $setOnInsert: { kind: 'run' },
        $set: { 'cronActivity.pending': true, holder, until: 10 },
        $inc: { 'bag.claims': 1 },
      },
      { upsert: true, returnDocument: 'after', includeResultMetadata: true },
    );
  expect(await claim('a')).toMatchObject({
    lastErrorObject: { n: 1, updatedExisting: false, upserted: id },
    value: { _id: id, kind: 'run', cronActivity: { pending: true }, holder: 'a', bag: { claims: 1 } },
  });
  await expect(claim('b')).rejects.toMatchObject({
    code: 11000,
    keyPattern: { _id: 1 },
    keyValue: { _id: id },
  });
  await c.updateOne({ _id: id }, { $set: { until: 0 } });
  expect(await claim('c')).toMatchObject({
    lastErrorObject: { n: 1, updatedExisting: true },
    value: { holder: 'c', bag: { claims: 2 } },
  });
});

test('of many concurrent upserts of one _id exactly one creates it', async () => {
  const c = fresh();
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      c.updateOne({ _id: 'one' as never, never: n }, { $set: { n } }, { upsert: true }).then(
        (result) => result.upsertedCount,
        (error: { code: number; message: string }) => error.code ?? error.message,
      ),
    ),
  );
  expect(outcomes.sort()).toEqual([1, ...Array.from({ length: 19 }, () => 11000)]);
});

test('findOneAndDelete and findOneAndReplace give the document before', async () => {
  const c = fresh();
  await c.insertMany([
    { _id: 1, a: 1 },
    { _id: 2, a: 2 },
  ] as never[]);
  expect(await c.findOneAndReplace({ a: 1 }, { b: 1 })).toEqual({ _id: 1, a: 1 });
  expect(await c.findOneAndDelete({}, { sort: { _id: -1 } })).toEqual({ _id: 2, a: 2 });
  expect(await c.find().toArray()).toEqual([{ _id: 1, b: 1 }]);
  expect(await c.findOneAndDelete({ a: 99 })).toBeNull();
});

test('deleteOne deletes one, deleteMany all', async () => {
  const c = fresh();
  await c.insertMany([{ a: 1 }, { a: 1 }, { a: 1 }]);
  expect((await c.deleteOne({ a: 1 })).deletedCount).toBe(1);
  expect((await c.deleteMany({ a: 1 })).deletedCount).toBe(2);
});

test('counts and distinct values', async () => {
  const c = fresh();
  await c.insertMany([{ a: 1 }, { a: [1, 2] }, { a: 'x' }, { b: 1 }]);
  expect(await c.countDocuments({ a: 1 })).toBe(2);
  expect(await c.estimatedDocumentCount()).toBe(4);
  expect(await c.distinct('a')).toEqual([1, 2, 'x']);
  expect(await c.countDocuments({}, { skip: 1, limit: 2 })).toBe(2);
});

test('a bulk write reports each kind of change', async () => {
  const c = fresh();
  const result = await c.bulkWrite([
    { insertOne: { document: { _id: 1 as never, a: 1 } } },
    { updateOne: { filter: { _id: 1 as never }, update: { $set: { a: 2 } } } },
    { updateOne: { filter: { _id: 2 as never }, update: { $set: { a: 2 } }, upsert: true } },
    { deleteOne: { filter: { a: 2 } } },
  ]);
  expect(result).toMatchObject({ insertedCount: 1, modifiedCount: 1, upsertedCount: 1, deletedCount: 1 });
});

test('an int stays an int, a double a double, a long a long', async () => {
  const c = t.db.collection('types', { promoteValues: false });
  await c.insertOne({ _id: 1 as never, i: new Int32(1), d: new Double(2), l: Long.fromNumber(3) });
  await c.updateOne(
    {},
    { $inc: { i: new Int32(1), d: new Int32(1), l: new Int32(1) }, $set: { x: new Double(1) } },
  );
  expect(await c.findOne()).toMatchObject({
    i: new Int32(2),
    d: new Double(3),
    l: Long.fromNumber(4),
    x: new Double(1),
  });
});

test('an unknown command, stage or operator is an error, never a silent success', async () => {
  const c = fresh();
  await c.insertOne({ a: 1 });
  await expect(t.db.command({ mapReduce: 'x' })).rejects.toMatchObject({
    code: 59,
    codeName: 'CommandNotFound',
  });
  await expect(c.find({ a: { $near: 1 } }).toArray()).rejects.toMatchObject({ code: 2 });
  await expect(c.updateOne({}, { $frob: { a: 1 } })).rejects.toMatchObject({ code: 9 });
  await expect(c.aggregate([{ $frob: 1 }]).toArray()).rejects.toMatchObject({ code: 40324 });
  await expect(c.aggregate([{ $project: { x: { $frob: 1 } } }]).toArray()).rejects.toMatchObject({
    code: 168,
  });
});

test('a write survives that the store is closed and opened again', async () => {
  const c = fresh();
  await c.createIndex({ a: 1 }, { unique: true });
  await c.insertOne({ a: 1 });
  await t.reopen();
  const again = t.db.collection(c.collectionName);
  expect(await again.countDocuments()).toBe(1);
  await expect(again.insertOne({ a: 1 })).rejects.toMatchObject({ code: 11000 });
  expect((await again.indexes()).map(({ name }) => name)).toEqual(['_id_', 'a_1']);
});
