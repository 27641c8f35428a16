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

  test('a collection that does not exist joins nothing', async () => {
    expect(await joined(values(1, null), {}, 'nowhere')).toEqual([[], []]);
  });

  test('fields and a pipeline both apply', async () => {
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

describe('$graphLookup', () => {
  beforeAll(async () => {
    await t.db.collection<Document>('graph').insertMany([
      { _id: 1, k: 1, to: [2, 3] },
      { _id: 2, k: 2, to: 1 },
      { _id: 3, k: 3 },
      { _id: 4, k: null, to: null },
      { _id: 5, k: [8, 9], of: [{ to: 3 }, { to: 2 }] },
    ] as never[]);
  });

  const reached = async (docs: Document[], more: Document = {}, from = 'graph') => {
    const walk = { from, startWith: '$a', connectFromField: 'to', connectToField: 'k', as: 'r', ...more };
    const found = await run([{ $graphLookup: walk }], docs);
    if (!Array.isArray(found)) return found;
    return (found as Document[]).map(({ r }) => (r as Document[]).map(({ _id, d }) => [_id, d] as unknown[]));
  };
  const ids = (...list: number[]) => list.map((id) => [id, undefined]);

  test.each<[string, unknown[], Document, unknown]>([
    ['none', [], {}, []],
    ['an array stands for its items, a circle ends', [[1, 2], 1], {}, [ids(1, 2, 3), ids(1, 2, 3)]],
    ['nothing is found for nothing', [undefined, [], 77], {}, [[], [], []]],
    ['null finds null and missing', [null], {}, [ids(4)]],
    ['an array is found by its items', [9], { connectFromField: 'of.to' }, [ids(5, 2, 3)]],
    [
      'the depth of each',
      [1],
      { depthField: 'd' },
      [
        [
          [1, 0],
          [2, 1],
          [3, 1],
        ],
      ],
    ],
    ['no further than', [1], { maxDepth: 0 }, [ids(1)]],
    ['only over those that match', [1], { restrictSearchWithMatch: { k: { $ne: 2 } } }, [ids(1, 3)]],
  ])('%s', async (_what, from, more, expected) => {
    expect(await reached(values(...from), more)).toEqual(expected);
  });

  test('a collection that does not exist, or has one document, gives no other', async () => {
    expect(await reached(values([1, 2], 1, null), {}, 'nowhere')).toEqual([[], [], []]);
    await t.db.collection<Document>('lone').insertOne({ _id: 7, k: 1, to: [1, 2] } as never);
    expect(await reached(values([1, 2]), {}, 'lone')).toEqual([ids(7)]);
  });

  test.each<[string, Document, number]>([
    ['a depth below 0', { maxDepth: -1 }, 40101],
    ['a text as depth', { maxDepth: 'x' }, 40100],
    ['half a depth', { maxDepth: 0.5 }, 40102],
    ['an unknown option', { foo: 1 }, 40104],
    ['a number as name', { as: 1 }, 40103],
    ['a number as filter', { restrictSearchWithMatch: 1 }, 40185],
    ['a wrong filter', { restrictSearchWithMatch: { k: { $in: 1 } } }, 2],
  ])('refuses %s', async (_what, more, code) => {
    expect(await reached([], more)).toEqual({ code });
  });

  test('refuses a specification without a required field', async () => {
    expect(await run([{ $graphLookup: { from: 'graph', startWith: 1 } }], [])).toEqual({ code: 40105 });
    expect(await run([{ $graphLookup: 1 }], [])).toEqual({ code: 9 });
  });
});

describe('distinct and count', () => {
  test('without documents, with null and with missing fields', async () => {
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
