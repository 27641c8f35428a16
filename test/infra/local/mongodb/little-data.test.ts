import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

/** Every served stage on none, one and two documents, null, missing and mixed types, as MongoDB documents it. */
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

type Case = [what: string, stages: Document[], docs: Document[], expected: unknown];

function table(name: string, cases: Case[]): void {
  describe(name, () => {
    test.each(cases)('%s', async (_what, stages, docs, expected) => {
      expect(await run(stages, docs)).toEqual(expected);
    });
  });
}

const bare = { $project: { _id: 0 } };
const values = (...items: unknown[]) => items.map((a) => (a === undefined ? {} : { a }));
const bucket = (more: Document = {}) => [{ $bucket: { groupBy: '$a', boundaries: [0, 10, 20], ...more } }];
const auto = (buckets: unknown, more: Document = {}) => [
  { $bucketAuto: { groupBy: '$a', buckets, ...more } },
];

table('$count, $skip and $limit', [
  ['no document, no count', [{ $count: 'n' }], [], []],
  ['none left, no count', [{ $match: { a: 9 } }, { $count: 'n' }], values(1), []],
  ['one', [{ $count: 'n' }], values(null), [{ n: 1 }]],
  ['an empty name', [{ $count: '' }], [], { code: 40157 }],
  ['a number for a name', [{ $count: 1 }], [], { code: 40156 }],
  ['a path', [{ $count: '$n' }], [], { code: 40158 }],
  ['a dotted name', [{ $count: 'a.b' }], [], { code: 40160 }],
  ['skip more than there are', [{ $skip: 3 }], values(1, 2), []],
  ['skip none, late', [bare, { $skip: 0 }], values(1), [{ a: 1 }]],
  ['skip one, late', [bare, { $skip: 1 }], values(1, 2), [{ a: 2 }]],
  ['skip below 0', [{ $skip: -1 }], [], { code: 5107200 }],
  ['skip a text, late', [bare, { $skip: 'x' }], [], { code: 5107200 }],
  ['limit beyond', [bare, { $limit: 9 }], values(1, 2), [{ a: 1 }, { a: 2 }]],
  ['limit 0', [{ $limit: 0 }], [], { code: 15958 }],
  ['limit 0, late', [bare, { $limit: 0 }], [], { code: 15958 }],
  ['limit below 0', [bare, { $limit: -1 }], values(1), { code: 5107201 }],
  ['limit a text', [{ $limit: 'x' }], [], { code: 5107201 }],
]);

table('$bucket', [
  ['none', bucket(), [], []],
  ['one, and no empty bucket', bucket(), values(12), [{ _id: 10, count: 1 }]],
  [
    'the lower bound is inside',
    bucket(),
    values(0, 10),
    [
      { _id: 0, count: 1 },
      { _id: 10, count: 1 },
    ],
  ],
  ['the upper bound is outside', bucket(), values(20), { code: 40066 }],
  ['null without default', bucket(), values(null), { code: 40066 }],
  ['missing without default', bucket(), values(undefined), { code: 40066 }],
  ['a text without default', bucket(), values('x'), { code: 40066 }],
  [
    'all others in the default',
    bucket({ default: 'rest' }),
    values(null, undefined, 'x', 99, -1),
    [{ _id: 'rest', count: 5 }],
  ],
  [
    'the order is that of _id',
    bucket({ default: -1 }),
    values(5, 77),
    [
      { _id: -1, count: 1 },
      { _id: 0, count: 1 },
    ],
  ],
  ['a default that nothing needs', bucket({ default: 'rest' }), values(5), [{ _id: 0, count: 1 }]],
  ['output', bucket({ output: { all: { $push: '$a' } } }), values(1, 2), [{ _id: 0, all: [1, 2] }]],
  ['null as default', bucket({ default: null }), values(99), [{ _id: null, count: 1 }]],
  ['a default inside', bucket({ default: 5 }), [], { code: 40199 }],
  ['one boundary', bucket({ boundaries: [1] }), [], { code: 40192 }],
  ['no boundaries', [{ $bucket: { groupBy: '$a' } }], [], { code: 40198 }],
  ['boundaries out of order', bucket({ boundaries: [2, 1] }), [], { code: 40194 }],
  ['the same boundary twice', bucket({ boundaries: [1, 1] }), [], { code: 40194 }],
  ['boundaries of two types', bucket({ boundaries: [1, 'a'] }), [], { code: 40193 }],
  ['an unknown option', bucket({ size: 1 }), [], { code: 40197 }],
  ['not an object', [{ $bucket: 1 }], [], { code: 40201 }],
]);

table('$bucketAuto', [
  ['none', auto(3), [], []],
  ['one', auto(3), values(7), [{ _id: { min: 7, max: 7 }, count: 1 }]],
  [
    'fewer values than buckets',
    auto(5),
    values(1, 2),
    [
      { _id: { min: 1, max: 2 }, count: 1 },
      { _id: { min: 2, max: 2 }, count: 1 },
    ],
  ],
  [
    'equal values stay together',
    auto(2),
    values(1, 1, 1, 2),
    [
      { _id: { min: 1, max: 2 }, count: 3 },
      { _id: { min: 2, max: 2 }, count: 1 },
    ],
  ],
  [
    'the last bucket takes the rest',
    auto(2),
    values(1, 2, 3, 4, 5),
    [
      { _id: { min: 1, max: 4 }, count: 3 },
      { _id: { min: 4, max: 5 }, count: 2 },
    ],
  ],
  [
    'null and missing are one value, before numbers and texts',
    auto(3),
    values('x', null, 1, undefined),
    [
      { _id: { min: null, max: 1 }, count: 2 },
      { _id: { min: 1, max: 'x' }, count: 1 },
      { _id: { min: 'x', max: 'x' }, count: 1 },
    ],
  ],
  ['no bucket', auto(0), [], { code: 40243 }],
  ['a text', auto('x'), [], { code: 40241 }],
  ['half a bucket', auto(1.5), [], { code: 40242 }],
  ['no groupBy', [{ $bucketAuto: { buckets: 1 } }], [], { code: 40246 }],
  ['granularity is not served', auto(1, { granularity: 'R5' }), [], { code: 115 }],
]);

describe('$sample', () => {
  test.each([
    [0, 5, 0],
    [1, 5, 1],
    [2, 1, 1],
    [8, 8, 8],
    [8, 50, 8],
    [8, 3, 3],
  ])('of %i documents %i: %i, each once', async (stored, size, expected) => {
    const docs = Array.from({ length: stored }, (_, a) => ({ a }));
    const found = (await run([{ $sample: { size } }], docs)) as Document[];
    expect(found).toHaveLength(expected);
    expect(new Set(found.map(({ a }) => a as number)).size).toBe(expected);
  });
});

table('$sample refuses', [
  ['size 0', [{ $sample: { size: 0 } }], [], { code: 28747 }],
  ['size below 0', [{ $sample: { size: -1 } }], [], { code: 28747 }],
  ['a text', [{ $sample: { size: 'x' } }], [], { code: 28746 }],
  ['no size', [{ $sample: {} }], [], { code: 28749 }],
  ['a number', [{ $sample: 1 }], [], { code: 28745 }],
  ['another option', [{ $sample: { n: 1 } }], [], { code: 28748 }],
]);

const unwind = (more: Document = {}) => [{ $unwind: { path: '$a', ...more } }, bare];
const keep = { preserveNullAndEmptyArrays: true };

table('$unwind', [
  ['none', unwind(), [], []],
  ['null, missing and empty fall away', unwind(), values(null, undefined, []), []],
  [
    'scalars stay, also empty ones',
    unwind(),
    values(0, '', false, {}),
    [{ a: 0 }, { a: '' }, { a: false }, { a: {} }],
  ],
  ['items, also null', unwind(), values([1, null]), [{ a: 1 }, { a: null }]],
  ['one level alone', unwind(), values([[1, 2]]), [{ a: [1, 2] }]],
  ['preserved', unwind(keep), values(null, undefined, [], 5), [{ a: null }, {}, {}, { a: 5 }]],
  [
    'the index',
    unwind({ includeArrayIndex: 'i' }),
    values(['x', 'y'], 5),
    [
      { a: 'x', i: 0 },
      { a: 'y', i: 1 },
      { a: 5, i: null },
    ],
  ],
  [
    'the index of preserved ones',
    unwind({ includeArrayIndex: 'i', ...keep }),
    values([], null),
    [{ i: null }, { a: null, i: null }],
  ],
  [
    'inside a document',
    [{ $unwind: '$a.b' }, bare],
    values({ b: [1, 2], c: 3 }),
    [{ a: { b: 1, c: 3 } }, { a: { b: 2, c: 3 } }],
  ],
  ['inside a scalar or an array there is nothing', [{ $unwind: '$a.b' }], values(5, [{ b: [1] }]), []],
  ['no $', [{ $unwind: 'a' }], [], { code: 28818 }],
  ['no path', [{ $unwind: {} }], [], { code: 28812 }],
  ['a number', [{ $unwind: 1 }], [], { code: 15981 }],
  ['a number as path', [{ $unwind: { path: 1 } }], [], { code: 28808 }],
  ['an unknown option', unwind({ x: 1 }), [], { code: 28811 }],
  ['an empty name for the index', unwind({ includeArrayIndex: '' }), [], { code: 28810 }],
  ['preserve 1', unwind({ preserveNullAndEmptyArrays: 1 }), [], { code: 28809 }],
]);

table('$project, $addFields, $replaceRoot, $facet, $sort, $unionWith', [
  ['project none', [{ $project: { a: 1 } }], [], []],
  ['project a missing field', [{ $project: { a: 1, _id: 0 } }], values(undefined, null), [{}, { a: null }]],
  ['project a computed missing field', [{ $project: { b: '$a', _id: 0 } }], values(undefined), [{}]],
  ['missing in an array is null', [{ $project: { b: ['$a'], _id: 0 } }], values(undefined), [{ b: [null] }]],
  ['project nothing', [{ $project: {} }], [], { code: 51272 }],
  ['project a number', [{ $project: 1 }], [], { code: 15969 }],
  ['addFields of a missing field', [{ $addFields: { b: '$x' } }, bare], values(1), [{ a: 1 }]],
  ['set null', [{ $set: { b: null } }, bare], values(1), [{ a: 1, b: null }]],
  ['unset what is missing', [{ $unset: 'x' }, bare], values(1), [{ a: 1 }]],
  ['replaceRoot', [{ $replaceRoot: { newRoot: '$a' } }], values({ b: 1 }, {}), [{ b: 1 }, {}]],
  ['replaceRoot none', [{ $replaceRoot: { newRoot: '$a' } }], [], []],
  ['replaceRoot of missing', [{ $replaceRoot: { newRoot: '$a' } }], values(undefined), { code: 40228 }],
  ['replaceRoot of null', [{ $replaceRoot: { newRoot: '$a' } }], values(null), { code: 40228 }],
  ['replaceWith an array', [{ $replaceWith: '$a' }], values([{ b: 1 }]), { code: 40228 }],
  ['replaceWith an object', [{ $replaceWith: { b: '$a', c: '$x' } }], values(1), [{ b: 1 }]],
  ['replaceRoot of a text', [{ $replaceRoot: 'a' }], [], { code: 40229 }],
  ['replaceRoot without newRoot', [{ $replaceRoot: {} }], [], { code: 40414 }],
  [
    'facet on none',
    [{ $facet: { n: [{ $count: 'n' }], all: [{ $sort: { a: 1 } }] } }],
    [],
    [{ n: [], all: [] }],
  ],
  [
    'facet on one',
    [{ $facet: { n: [{ $count: 'n' }], g: [{ $sortByCount: '$a' }] } }],
    values(1),
    [{ n: [{ n: 1 }], g: [{ _id: 1, count: 1 }] }],
  ],
  [
    'sort mixed types',
    [bare, { $sort: { a: 1 } }],
    values(true, 'x', 1, null, { b: 1 }),
    [{ a: null }, { a: 1 }, { a: 'x' }, { a: { b: 1 } }, { a: true }],
  ],
  ['sort by nothing', [bare, { $sort: {} }], [], { code: 15976 }],
  ['sort by nothing, first', [{ $sort: {} }], values(1), { code: 15976 }],
  ['sort by a number', [{ $sort: 1 }], [], { code: 15973 }],
  ['union with a collection that is not there', [{ $unionWith: 'nowhere' }, bare], values(1), [{ a: 1 }]],
  ['an unknown stage', [{ $nothing: 1 }], [], { code: 40324 }],
]);
