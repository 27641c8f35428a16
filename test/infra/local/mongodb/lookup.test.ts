import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

/** `$lookup`, `distinct` and `count` on little data, as MongoDB documents them. */
let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

let made = 0;

/** Runs stages on these documents in a collection of their own; `{ code }` where the server refuses. */
async function run(stages: Document[], docs: Document[]): Promise<unknown> {
  const collection = t.db.collection(`c${made++}`);
  if (docs.length > 0)
    await collection.insertMany(docs.map((doc, at) => ({ _id: at + 1, ...doc })) as never[]);
  try {
    return await collection.aggregate(stages).toArray();
  } catch (error) {
    return { code: (error as { code?: number }).code };
  }
}

const values = (...items: unknown[]) => items.map((a) => (a === undefined ? {} : { a }));

describe('$lookup', () => {
  beforeAll(async () => {
    await t.db
      .collection<Document>('other')
      .insertMany([
        { _id: 1, k: 1 },
        { _id: 2, k: null },
        { _id: 3 },
        { _id: 4, k: [1, 2] },
        { _id: 5, k: 'x' },
      ] as never[]);
  });

  const joined = async (docs: Document[], more: Document = {}, from = 'other') => {
    const join = { from, localField: 'a', foreignField: 'k', as: 'of', ...more };
    const found = await run([{ $lookup: join }], docs);
    if (!Array.isArray(found)) return found;
    return (found as Document[]).map((doc) => (doc.of as Document[]).map(({ _id }) => _id as number));
  };

  test.each<[string, Document[], number[][]]>([
    ['none', [], []],
    [
      'null and missing match null and missing',
      values(null, undefined),
      [
        [2, 3],
        [2, 3],
      ],
    ],
    ['a value matches itself and items', values(1, 'x', 9), [[1, 4], [5], []]],
    ['an array matches by its items', values([1, 'x'], [null], [2]), [[1, 4, 5], [2, 3], [4]]],
  ])('%s', async (_what, docs, expected) => expect(await joined(docs)).toEqual(expected));

  test('a collection that is not there joins nothing', async () => {
    expect(await joined(values(1, null), {}, 'nowhere')).toEqual([[], []]);
  });

  test('with fields and a pipeline, both hold', async () => {
    expect(await joined(values(1), { pipeline: [{ $match: { _id: { $gt: 1 } } }] })).toEqual([[4]]);
    const match = { $match: { $expr: { $eq: ['$k', '$$a'] } } };
    const own = { localField: undefined, foreignField: undefined, let: { a: '$a' }, pipeline: [match] };
    const collection = t.db.collection(`c${made++}`);
    await collection.insertMany([{ a: 'x' }, { a: 7 }]);
    const stage = JSON.parse(JSON.stringify({ from: 'other', as: 'of', ...own })) as Document;
    const found = await collection.aggregate([{ $lookup: stage }]).toArray();
    expect(found.map(({ of }) => (of as unknown[]).length)).toEqual([1, 0]);
  });

  test('a path in `as`', async () => {
    const join = { from: 'other', localField: 'a', foreignField: 'k', as: 'b.of' };
    expect(await run([{ $lookup: join }, { $project: { _id: 0 } }], [{ a: 'x', b: { c: 1 } }])).toEqual([
      { a: 'x', b: { c: 1, of: [{ _id: 5, k: 'x' }] } },
    ]);
  });

  test.each([
    ['no as', { from: 'other', localField: 'a', foreignField: 'k' }, 9],
    ['no foreignField', { from: 'other', localField: 'a', as: 'x' }, 9],
    ['nothing to join by', { from: 'other', as: 'x' }, 9],
    ['another database', { from: { db: 'y', coll: 'z' }, localField: 'a', foreignField: 'k', as: 'x' }, 2],
    ['no from', { localField: 'a', foreignField: 'k', as: 'x' }, 9],
  ])('refuses %s', async (_what, join, code) => {
    expect(await run([{ $lookup: join }], [])).toEqual({ code });
  });
});

describe('distinct and count', () => {
  test('of none, null and missing', async () => {
    const none = t.db.collection('nothing-here');
    expect(await none.distinct('a')).toEqual([]);
    expect(await none.countDocuments({})).toBe(0);
    expect(await none.estimatedDocumentCount()).toBe(0);
    const some = t.db.collection(`c${made++}`);
    await some.insertMany(values(null, undefined, [1, 2], 1, []));
    expect(await some.distinct('a')).toEqual([null, 1, 2]);
    expect(await some.countDocuments({ a: null })).toBe(2);
    expect(await some.countDocuments({}, { skip: 9 })).toBe(0);
  });
});
