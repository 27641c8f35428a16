import { Binary, Decimal128, Double, Long } from 'mongodb';
import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

/** Operators on every kind of value, in a `find` and in a `$match` behind another stage, where mingo computes. */
let t: TestStore;
beforeAll(async () => {
  t = await testStore();
  await t.db
    .collection('bits')
    .insertMany(INTEGERS.concat(OTHERS).map((a) => (a === undefined ? {} : { a })));
  await t.db.collection('texts').insertMany([{ a: 'x' }, { a: 'X' }, { a: 'y' }, {}]);
});
afterAll(() => t.stop());

const INTEGERS: unknown[] = [
  0,
  1,
  new Double(2),
  Long.fromNumber(3),
  -1,
  Long.fromString('9007199254740993'),
];
const OTHERS: unknown[] = [
  ...[null, undefined, [], 'x', NaN, Infinity, 1.5, 2 ** 63, true, {}, new Date(1)],
  ...[[7], Binary.createFromBase64('BQA='), Decimal128.fromString('5.0'), Decimal128.fromString('5.5')],
];
// Bit 9 of the bytes 05 00 is clear, and so is any behind them; a number's sign goes on for ever.
const shown = (value: unknown) => (value instanceof Binary ? 'bytes 5' : value);

describe('$bits...', () => {
  const find = async (query: Document) => {
    const found = await t.db.collection('bits').find({ a: query }).sort({ $natural: 1 }).toArray();
    return found.map(({ a }) => shown(a));
  };
  const big = 9007199254740992;
  const five = Decimal128.fromString('5.0');

  test.each<[string, Document, unknown[]]>([
    ['all set', { $bitsAllSet: 1 }, [1, 3, -1, Long.fromString('9007199254740993'), [7], 'bytes 5', five]],
    ['all clear', { $bitsAllClear: 1 }, [0, 2]],
    [
      'all set of no bit: every integer and all binary',
      { $bitsAllSet: 0 },
      [0, 1, 2, 3, -1, Long.fromString('9007199254740993'), [7], 'bytes 5', five],
    ],
    ['any set of no bit', { $bitsAnySet: 0 }, []],
    ['any clear of no bit', { $bitsAnyClear: [] }, []],
    ['any set', { $bitsAnySet: 6 }, [2, 3, -1, [7], 'bytes 5', five]],
    ['any clear', { $bitsAnyClear: [0, 1] }, [0, 1, 2, Long.fromString('9007199254740993'), 'bytes 5', five]],
    ['beyond 64 bits', { $bitsAllSet: [200] }, [-1]],
    ['a mask of bytes', { $bitsAllSet: Binary.createFromBase64('BQA=') }, [-1, [7], 'bytes 5', five]],
    ['a long that no double holds', { $bitsAllSet: Long.fromString('9007199254740993') }, [-1, big + 1]],
    ['a mask of a whole double', { $bitsAllSet: new Double(4) }, [-1, [7], 'bytes 5', five]],
  ])('%s', async (_what, query, expected) => {
    const plain = (value: unknown) => (value instanceof Long ? value.toNumber() : value);
    expect((await find(query)).map(plain)).toEqual(expected.map(plain));
  });

  const masks = [-1, 1.5, NaN, 2 ** 63, null, 'x', true, [-1], [0.5], ['x'], [2 ** 31], {}];
  test.each(masks.map((mask) => [mask]))('the mask %p is refused', async (mask) => {
    for (const name of ['$bitsAllSet', '$bitsAllClear', '$bitsAnySet', '$bitsAnyClear']) {
      await expect(find({ [name]: mask })).rejects.toMatchObject({ code: 2 });
    }
  });
});

describe('a $match behind another stage is the filter of a find', () => {
  const late = async (filter: unknown) => {
    const pipeline = [{ $project: { _id: 0 } }, { $match: filter }] as Document[];
    return (await t.db.collection('texts').aggregate(pipeline).toArray()).map(({ a }) => a as unknown);
  };

  test.each<[string, Document, unknown[]]>([
    ['a regular expression keeps its options', { a: /X/i }, ['x', 'X']],
    ['with $not', { a: { $not: /X/i } }, ['y', undefined]],
    ['with $in', { a: { $in: [/X/i, 'y'] } }, ['x', 'X', 'y']],
    ['with $regex', { a: { $regex: /X/, $options: 'i' } }, ['x', 'X']],
    ['with $elemMatch', { a: { $elemMatch: { $regex: 'x' } } }, []],
    ['$exists takes a number', { a: { $exists: 0 } }, [undefined]],
    ['$type takes a number', { a: { $type: 2 } }, ['x', 'X', 'y']],
    ['a comment', { a: 'x', $comment: 'why' }, ['x']],
    ['a list', { $or: [{ a: 'x' }, { a: null }] }, ['x', undefined]],
  ])('%s', async (_what, filter, expected) => {
    expect(await late(filter)).toEqual(expected);
    const found = await t.db.collection('texts').find(filter).toArray();
    expect(found.map(({ a }) => a as unknown)).toEqual(expected);
  });

  test.each<[unknown, number]>([
    [1, 15959],
    [{ a: { $in: 1 } }, 2],
    [{ a: { $size: 'x' } }, 2],
    [{ a: { $gt: /x/ } }, 2],
    [{ a: { $bitsAllSet: -1 } }, 2],
    [{ $or: [] }, 2],
    [{ $where: 'true' }, 2],
  ])('%j is refused', async (filter, code) => {
    await expect(late(filter)).rejects.toMatchObject({ code });
  });
});
