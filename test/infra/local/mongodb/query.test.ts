import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from 'mongodb';
import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

let number = 0;
async function holding(documents: Document[]) {
  const c = t.db.collection<Document>(`c${++number}`);
  await c.insertMany(documents.map((document, _id) => ({ _id, ...document })) as never[]);
  const ids = async (filter: Document) =>
    (await c.find(filter).toArray()).map(({ _id }) => _id as unknown as number);
  return { c, ids };
}

test('null matches null and missing fields, $exists distinguishes them', async () => {
  const { ids } = await holding([
    { a: null },
    {},
    { a: 1 },
    { a: [null] },
    { a: { b: 1 } },
    { a: [{ b: 1 }, {}] },
  ]);
  expect(await ids({ a: null })).toEqual([0, 1, 3]);
  expect(await ids({ a: { $ne: null } })).toEqual([2, 4, 5]);
  expect(await ids({ a: { $exists: false } })).toEqual([1]);
  expect(await ids({ a: { $exists: true, $eq: null } })).toEqual([0, 3]);
  expect(await ids({ 'a.b': null })).toEqual([0, 1, 2, 5]);
  expect(await ids({ 'a.b': { $exists: false } })).toEqual([0, 1, 2, 3]);
});

test('comparisons stay inside one class of types', async () => {
  const { ids } = await holding([
    { a: 1 },
    { a: '1' },
    { a: null },
    { a: true },
    { a: new Date(5) },
    { a: NaN },
    { a: [3] },
  ]);
  expect(await ids({ a: { $gt: 0 } })).toEqual([0, 6]);
  expect(await ids({ a: { $lt: 9 } })).toEqual([0, 6]);
  expect(await ids({ a: { $gte: '' } })).toEqual([1]);
  expect(await ids({ a: { $gte: null } })).toEqual([2]);
  expect(await ids({ a: { $gt: new Date(0) } })).toEqual([4]);
  expect(await ids({ a: NaN })).toEqual([5]);
  expect(await ids({ a: { $gt: new MinKey() } })).toHaveLength(7);
});

test('numbers are equal across their types, and longs and decimals keep their last digit', async () => {
  const big = Long.fromString('9007199254740993');
  const { ids } = await holding([
    { a: new Int32(1) },
    { a: new Double(1) },
    { a: Long.fromNumber(1) },
    { a: Decimal128.fromString('1.0') },
    { a: big },
    { a: Long.fromString('9007199254740992') },
    { a: Decimal128.fromString('0.1') },
    { a: 0.1 },
  ]);
  expect(await ids({ a: 1 })).toEqual([0, 1, 2, 3]);
  expect(await ids({ a: big })).toEqual([4]);
  expect(await ids({ a: { $gt: Long.fromString('9007199254740992') } })).toEqual([4]);
  expect(await ids({ a: Decimal128.fromString('0.10') })).toEqual([6]);
  expect(await ids({ a: { $lt: 0.1 } })).toEqual([6]);
});

test('documents are equal only with the same fields in the same order; arrays by position', async () => {
  const { ids } = await holding([
    { a: { x: 1, y: 2 } },
    { a: { y: 2, x: 1 } },
    { a: [1, 2] },
    { a: [2, 1] },
    { a: [[1, 2]] },
  ]);
  expect(await ids({ a: { x: 1, y: 2 } })).toEqual([0]);
  expect(await ids({ a: [1, 2] })).toEqual([2, 4]);
  expect(await ids({ a: { $gt: [1, 2] } })).toEqual([3, 4]);
  expect(await ids({ 'a.0': 1 })).toEqual([2, 4]);
});

test('sorting follows the order of BSON types', async () => {
  const values = [
    new MinKey(),
    null,
    -1,
    new Double(0.5),
    Long.fromNumber(7),
    '',
    'a',
    'b',
    {},
    { a: 1 },
    [],
    new Binary(Buffer.from([1])),
    new ObjectId('000000000000000000000001'),
    false,
    true,
    new Date(-5),
    new Date(5),
    new Timestamp({ t: 1, i: 1 }),
    /a/,
    new MaxKey(),
  ];
  const { c } = await holding(values.map((a, place) => ({ place, a })).reverse());
  const places = (await c.find().sort({ a: 1 }).toArray()).map(({ place }) => place as number);
  // An empty array sorts before null.
  const expected = values.map((_, place) => place).filter((place) => place !== 10);
  expect(places).toEqual([0, 10, ...expected.slice(1)]);
  const down = (await c.find().sort({ a: -1 }).toArray()).map(({ place }) => place as number);
  expect(down).toEqual([...places].reverse());
});

test('an array sorts by its least item upwards and by its greatest downwards', async () => {
  const { c } = await holding([{ a: [5, 1] }, { a: 3 }, { a: [2, 4] }]);
  const order = async (direction: 1 | -1) =>
    (await c.find().sort({ a: direction }).toArray()).map(({ _id }) => _id as unknown);
  expect(await order(1)).toEqual([0, 2, 1]);
  expect(await order(-1)).toEqual([0, 2, 1]);
});

test('operators on arrays', async () => {
  const { ids } = await holding([
    { a: [1, 5, 9] },
    {
      a: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
    },
    { a: [{ x: 1, y: 4 }] },
    { a: 5 },
    { a: [] },
  ]);
  expect(await ids({ a: { $elemMatch: { $gt: 1, $lt: 9 } } })).toEqual([0]);
  expect(await ids({ a: { $elemMatch: { x: 1, y: 4 } } })).toEqual([2]);
  expect(await ids({ 'a.x': 1, 'a.y': 4 })).toEqual([1, 2]);
  expect(await ids({ a: { $size: 1 } })).toEqual([2]);
  expect(await ids({ a: { $all: [5] } })).toEqual([0, 3]);
  expect(await ids({ a: { $all: [1, 9] } })).toEqual([0]);
  expect(await ids({ a: { $in: [9, []] } })).toEqual([0, 4]);
  expect(await ids({ a: { $nin: [5, 1] } })).toEqual([1, 2, 4]);
  expect(await ids({ a: { $not: { $gt: 4 } } })).toEqual([1, 2, 4]);
});

test('$or, $and, $nor, $expr, $mod, $type, $regex and bits', async () => {
  const { ids } = await holding([
    { a: 1, b: 2 },
    { a: 2, b: 1 },
    { a: 'Abc' },
    { a: new Double(4) },
    { a: Long.fromNumber(6) },
  ]);
  expect(await ids({ $or: [{ a: 1 }, { b: 1 }] })).toEqual([0, 1]);
  expect(await ids({ $and: [{ a: 1 }, { b: 2 }] })).toEqual([0]);
  expect(await ids({ $nor: [{ a: 1 }, { b: 1 }] })).toEqual([2, 3, 4]);
  expect(await ids({ $expr: { $gt: ['$a', '$b'] }, b: { $exists: true } })).toEqual([1]);
  expect(await ids({ a: { $mod: [2, 0] } })).toEqual([1, 3, 4]);
  expect(await ids({ a: { $type: 'int' } })).toEqual([0, 1]);
  expect(await ids({ a: { $type: ['double', 18] } })).toEqual([3, 4]);
  expect(await ids({ a: { $type: 'number' } })).toEqual([0, 1, 3, 4]);
  expect(await ids({ a: /^a/i })).toEqual([2]);
  expect(await ids({ a: { $regex: 'b', $options: 'i' } })).toEqual([2]);
  expect(await ids({ a: { $in: [/^Ab/, 1] } })).toEqual([0, 2]);
  expect(await ids({ a: { $bitsAllSet: 2 } })).toContain(1);
});

test('projections include, exclude, slice and pick', async () => {
  const { c } = await holding([{ a: { b: 1, c: 2 }, d: [{ e: 1, f: 2 }, { e: 3 }], g: 5 }]);
  const shown = (projection: Document) => c.findOne({}, { projection });
  expect(await shown({ 'a.b': 1, 'd.e': 1 })).toEqual({ _id: 0, a: { b: 1 }, d: [{ e: 1 }, { e: 3 }] });
  expect(await shown({ 'a.b': 0, d: 0, _id: 0 })).toEqual({ a: { c: 2 }, g: 5 });
  expect(await shown({ d: { $slice: -1 }, a: 1 })).toMatchObject({ d: [{ e: 3 }], a: { b: 1 } });
  expect(await shown({ d: { $elemMatch: { e: 3 } } })).toEqual({ _id: 0, d: [{ e: 3 }] });
  expect(await c.findOne({ 'd.e': 3 }, { projection: { 'd.$': 1 } })).toEqual({ _id: 0, d: [{ e: 3 }] });
  expect(await shown({ sum: { $add: ['$a.b', '$a.c'] } })).toEqual({ _id: 0, sum: 3 });
  expect(await shown({ _id: 1 })).toEqual({ _id: 0 });
  const sum = { $add: ['$a.b', '$a.c'] };
  expect(await shown({ d: { $slice: -1 }, sum })).toEqual({ _id: 0, d: [{ e: 3 }], sum: 3 });
  expect(await shown({ 'd.e': { $slice: [0, 1] }, sum })).toMatchObject({ d: [{ e: 1 }, { e: 3 }], sum: 3 });
  expect(await shown({ d: { $elemMatch: { e: { $gt: 1 } } }, g: '$a.c' })).toEqual({
    _id: 0,
    d: [{ e: 3 }],
    g: 2,
  });
  expect(await shown({ d: { $elemMatch: { e: 9 } }, g: '$a.c' })).toEqual({ _id: 0, g: 2 });
  expect(await c.findOne({ 'd.e': 3 }, { projection: { 'd.$': 1, sum } })).toEqual({
    _id: 0,
    d: [{ e: 3 }],
    sum: 3,
  });
  await expect(shown({ a: 1, g: 0 })).rejects.toMatchObject({ code: 31254 });
  await expect(shown({ a: 0, g: 1 })).rejects.toMatchObject({ code: 31253 });
});

test('a filter that the server refuses is refused with the same code', async () => {
  const { c } = await holding([{ a: 1 }]);
  const wrong: [Document, number][] = [
    [{ $foo: 1 }, 2],
    [{ a: { $foo: 1 } }, 2],
    [{ $or: [] }, 2],
    [{ $and: 1 }, 2],
    [{ a: { $in: 1 } }, 2],
    [{ a: { $size: 'x' } }, 2],
    [{ a: { $mod: [0, 1] } }, 2],
    [{ a: { $type: 'frob' } }, 2],
    [{ a: { $regex: '(' } }, 51091],
    [{ $where: 'true' }, 2],
  ];
  for (const [filter, code] of wrong) await expect(c.find(filter).toArray()).rejects.toMatchObject({ code });
  await expect(t.db.command({ find: c.collectionName, sort: { a: 3 } })).rejects.toMatchObject({
    code: 15975,
  });
});

test('an option that would change the answer is refused, never ignored', async () => {
  const { c } = await holding([{ a: 'B' }]);
  const collation = { locale: 'en', strength: 2 } as const;
  const unserved = { code: 115 };
  await expect(c.find({ a: 'b' }, { collation }).toArray()).rejects.toMatchObject(unserved);
  await expect(c.find({}, { min: { a: 1 } }).toArray()).rejects.toMatchObject(unserved);
  await expect(c.find({}, { showRecordId: true }).toArray()).rejects.toMatchObject(unserved);
  await expect(c.updateOne({ a: 'b' }, { $set: { x: 1 } }, { collation })).rejects.toMatchObject(unserved);
  await expect(c.deleteOne({ a: 'b' }, { collation })).rejects.toMatchObject(unserved);
  await expect(c.aggregate([], { collation }).toArray()).rejects.toMatchObject(unserved);
  await expect(c.distinct('a', {}, { collation })).rejects.toMatchObject(unserved);
  await expect(c.findOneAndDelete({ a: 'b' }, { collation })).rejects.toMatchObject(unserved);
  expect(await c.find({ a: 'B' }, { collation: { locale: 'simple' } }).toArray()).toHaveLength(1);

  const unknown = { code: 40415, message: "BSON field 'find.foo' is an unknown field." };
  await expect(t.db.command({ find: c.collectionName, foo: 1 })).rejects.toMatchObject(unknown);
  const read = { find: c.collectionName, readConcern: { level: 'linearizable' } };
  await expect(t.db.command(read)).rejects.toMatchObject({ code: 123 });
});

test('every type comes back as it went in', async () => {
  const c = t.db.collection<Document>('round', {
    promoteValues: false,
    promoteBuffers: false,
    bsonRegExp: true,
  });
  const document = {
    _id: new UUID(),
    int: new Int32(5),
    double: new Double(5),
    long: Long.fromString('9007199254740993'),
    decimal: Decimal128.fromString('1.50'),
    date: new Date(-1),
    binary: new Binary(Buffer.from('abc'), 5),
    timestamp: new Timestamp({ t: 9, i: 2 }),
    nested: { '2': 'x', '1': 'y', 'a.b': 'z', $c: 'd', constructor: 'e' },
    empty: '',
    list: [new Int32(1), new Double(1), null],
  };
  await c.insertOne(document as never);
  await c.updateOne({}, { $set: { touched: true } });
  const found = await c.findOne({ _id: document._id as never });
  expect(found).toMatchObject({ ...document, _id: expect.anything() as unknown });
  await c.updateOne({}, [{ $set: { more: { $add: ['$int', 1] } } }]);
  const again = await c.findOne();
  expect(again).toMatchObject({
    double: new Double(5),
    long: document.long,
    int: new Int32(5),
    more: new Int32(6),
  });
});
