import { Decimal128, type Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

/** Every served accumulator and its expression on little data, as MongoDB documents it. */
let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

let made = 0;
async function run(stages: Document[], items: unknown[]): Promise<unknown> {
  const collection = t.db.collection(`c${made++}`);
  const docs = items.map((a, at) => ({ _id: at + 1, ...(a === undefined ? {} : { a }) }));
  if (docs.length > 0) await collection.insertMany(docs as never[]);
  try {
    return await collection.aggregate(stages).toArray();
  } catch (error) {
    return { code: (error as { code?: number }).code };
  }
}

const error = (code: number) => ({ code });
const most = { sortBy: { a: -1 }, output: '$a' };

test.each<[what: string, accumulator: Document, items: unknown[], expected: unknown]>([
  ['$sum of no number', { $sum: '$a' }, ['x', null, undefined], 0],
  ['$sum of some', { $sum: '$a' }, [1, 'x', 2, [5], null], 3],
  [
    '$sum of decimals',
    { $sum: '$a' },
    [Decimal128.fromString('0.1'), Decimal128.fromString('0.2'), 1, 'x', null],
    Decimal128.fromString('1.3'),
  ],
  ['$sum of 1', { $sum: 1 }, [undefined, null], 2],
  ['$avg of no number', { $avg: '$a' }, ['x', null, undefined], null],
  ['$avg of one number', { $avg: '$a' }, [4, 'x', undefined], 4],
  ['$min of nothing', { $min: '$a' }, [null, undefined], null],
  ['$min without null', { $min: '$a' }, [null, 3, undefined], 3],
  ['$min of mixed types', { $min: '$a' }, ['10', 9, true], 9],
  ['$max of nothing', { $max: '$a' }, [undefined], null],
  ['$max of mixed types', { $max: '$a' }, ['10', 9, null, false, { b: 1 }], false],
  ['$max of texts and numbers', { $max: '$a' }, ['1', 9], '1'],
  ['$first of missing', { $first: '$a' }, [undefined, 1], null],
  ['$last of missing', { $last: '$a' }, [1, undefined], null],
  ['$last of null', { $last: '$a' }, [1, null], null],
  ['$push leaves missing out, not null', { $push: '$a' }, [undefined, null, 1], [null, 1]],
  ['$push of nothing', { $push: '$a' }, [undefined], []],
  ['$push of null', { $push: null }, [1, 2], [null, null]],
  ['$push of a document', { $push: { b: '$a' } }, [undefined, 1], [{}, { b: 1 }]],
  ['$addToSet leaves missing out', { $addToSet: '$a' }, [undefined, null, null, 1, 1], [null, 1]],
  ['$addToSet of documents', { $addToSet: '$a' }, [{ b: 1 }, { b: 1 }, { b: '1' }], [{ b: 1 }, { b: '1' }]],
  ['$stdDevPop of nothing', { $stdDevPop: '$a' }, ['x', null], null],
  ['$stdDevPop of one', { $stdDevPop: '$a' }, [5], 0],
  ['$stdDevSamp of one', { $stdDevSamp: '$a' }, [5, 'x'], null],
  ['$stdDevSamp of two', { $stdDevSamp: '$a' }, [1, 1], 0],
  ['$mergeObjects of nothing', { $mergeObjects: '$a' }, [null, undefined], {}],
  ['$mergeObjects', { $mergeObjects: '$a' }, [{ b: 1 }, null, { b: 2, c: null }], { b: 2, c: null }],
  ['$mergeObjects of a number', { $mergeObjects: '$a' }, [1], error(40400)],
  ['$count', { $count: {} }, [null, undefined], 2],
  ['$firstN of fewer', { $firstN: { input: '$a', n: 5 } }, [1, undefined], [1, null]],
  ['$lastN', { $lastN: { input: '$a', n: 1 } }, [1, undefined], [null]],
  ['$minN leaves null out', { $minN: { input: '$a', n: 5 } }, [null, 'x', undefined, 2], [2, 'x']],
  ['$maxN of mixed types', { $maxN: { input: '$a', n: 2 } }, [1, 'x', true, null], [true, 'x']],
  ['$minN of none', { $minN: { input: '$a', n: 0 } }, [1], error(5787902)],
  ['$top of mixed types', { $top: most }, [1, 'x', null], 'x'],
  ['$top of missing', { $top: most }, [undefined], null],
  ['$bottomN of missing', { $bottomN: { ...most, n: 2 } }, [1, 'x', undefined], [1, null]],
  ['$median of nothing', { $median: { input: '$a', method: 'approximate' } }, ['x', null], null],
  ['$median of one', { $median: { input: '$a', method: 'approximate' } }, [7, 'x'], 7],
  ['$median of numbers, not texts', { $median: { input: '$a', method: 'approximate' } }, [10, 9, 100], 10],
  [
    '$percentile of nothing',
    { $percentile: { input: '$a', p: [0.5], method: 'approximate' } },
    [null],
    [null],
  ],
  ['$percentile', { $percentile: { input: '$a', p: [0, 1], method: 'approximate' } }, [9, 10, 100], [9, 100]],
  ['$percentile, exact', { $percentile: { input: '$a', p: [0.5], method: 'exact' } }, [1], error(2)],
  ['an unknown one', { $nothing: '$a' }, [], error(15952)],
  ['two at once', { $sum: 1, $avg: 1 }, [], error(40238)],
  ['none at all', {}, [], error(40234)],
])('%s', async (_what, accumulator, items, expected) => {
  const found = await run([{ $group: { _id: null, v: accumulator } }], items);
  expect(found).toEqual(Array.isArray(found) ? [{ _id: null, v: expected }] : expected);
});

const group = (_id: unknown, n: number) => ({ _id, n });
test.each<[what: string, id: unknown, items: unknown[], expected: unknown]>([
  ['none, even by null', null, [], []],
  ['null and missing are one group', '$a', [null, undefined], [group(null, 2)]],
  ['types are kept apart', '$a', [1, '1', true], [group(1, 1), group('1', 1), group(true, 1)]],
  [
    'false, 0 and empty',
    '$a',
    [false, 0, '', null],
    [group(false, 1), group(0, 1), group('', 1), group(null, 1)],
  ],
  ['arrays by their items', '$a', [[1], [1], []], [group([1], 2), group([], 1)]],
  [
    'documents by the order of fields',
    '$a',
    [
      { b: 1, c: 2 },
      { c: 2, b: 1 },
    ],
    [group({ b: 1, c: 2 }, 1), group({ c: 2, b: 1 }, 1)],
  ],
  ['a missing part of a key', { k: '$a' }, [undefined, null], [group({}, 1), group({ k: null }, 1)]],
])('$group by %s', async (_what, id, items, expected) => {
  expect(await run([{ $group: { _id: id, n: { $sum: 1 } } }], items)).toEqual(expected);
});

test.each<[string, unknown, number]>([
  ['no _id', { n: { $sum: 1 } }, 15955],
  ['a text', 'a', 15947],
  ['a plain field', { _id: 1, n: 5 }, 40234],
  ['a dotted field', { _id: 1, 'a.b': { $sum: 1 } }, 40235],
  ['a field with $', { _id: 1, $n: { $sum: 1 } }, 40236],
])('$group refuses %s', async (_what, spec, code) => {
  expect(await run([{ $group: spec as Document }], [])).toEqual({ code });
});

test('$sortByCount', async () => {
  expect(await run([{ $sortByCount: '$a' }], [])).toEqual([]);
  expect(await run([{ $sortByCount: '$a' }], [1, null, undefined])).toEqual([
    { _id: null, count: 2 },
    { _id: 1, count: 1 },
  ]);
  expect(await run([{ $sortByCount: 'a' }], [])).toEqual({ code: 40149 });
});

test.each<[what: string, expression: unknown, item: unknown, expected: unknown]>([
  ['$sum of a number', { $sum: '$a' }, 5, 5],
  ['$sum of missing', { $sum: '$a' }, undefined, 0],
  ['$sum of items', { $sum: '$a' }, [1, 'x', 2], 3],
  ['$sum of two', { $sum: ['$a', 1] }, [5], 1],
  ['$avg of missing', { $avg: '$a' }, undefined, null],
  ['$avg of an empty array', { $avg: '$a' }, [], null],
  ['$avg in an array of one', { $avg: ['$a'] }, [1, 3], 2],
  ['$min of null and a number', { $min: ['$a', 3] }, null, 3],
  ['$max of a text and a number', { $max: ['$a', 3] }, 'x', 'x'],
  ['$max of missing', { $max: '$a' }, undefined, null],
  ['$stdDevPop of one', { $stdDevPop: '$a' }, 1, 0],
  ['$mergeObjects of missing', { $mergeObjects: ['$a', { b: 1 }] }, undefined, { b: 1 }],
])('the expression %s', async (_what, expression, item, expected) => {
  expect(await run([{ $project: { _id: 0, v: expression } }], [item])).toEqual([{ v: expected }]);
});

test.each<[what: string, expression: unknown, item: unknown, expected: unknown]>([
  ['missing is not null', { $eq: ['$a', null] }, undefined, false],
  ['null is null', { $eq: ['$a', null] }, null, true],
  ['missing is below null', { $lt: ['$a', null] }, undefined, true],
  ['null is below a number', { $lt: ['$a', 5] }, null, true],
  ['a number is above null', { $gt: ['$a', null] }, 0, true],
  ['an array is above a number', { $gt: ['$a', 5] }, [], true],
  ['a text is above a number', { $cmp: ['$a', 5] }, '1', 1],
  ['$mod of null', { $mod: ['$a', 2] }, null, null],
  ['$slice of missing', { $slice: ['$a', 1] }, undefined, null],
  ['$setUnion of null', { $setUnion: ['$a', [1]] }, null, null],
  ['$year of missing', { $year: '$a' }, undefined, null],
  ['$year', { $year: '$a' }, new Date(0), 1970],
  ['$first of null', { $first: '$a' }, null, null],
  ['$last', { $last: '$a' }, [1, 2], 2],
  ['a branch', { $switch: { branches: [{ case: { $eq: ['$a', 1] }, then: 2 }] } }, 1, 2],
])('an expression: %s', async (_what, expression, item, expected) => {
  expect(await run([{ $project: { _id: 0, v: expression } }], [item])).toEqual([{ v: expected }]);
});

test.each<[what: string, stages: Document[], items: unknown[], expected: unknown]>([
  ['$last of an empty array is missing', [{ $project: { _id: 0, v: { $last: '$a' } } }], [[]], [{}]],
  ['$last of a number', [{ $project: { v: { $last: '$a' } } }], [1], error(28689)],
  [
    '$switch without a branch',
    [{ $project: { v: { $switch: { branches: [{ case: false, then: 1 }] } } } }],
    [1],
    error(40066),
  ],
  ['$redact prunes', [{ $redact: '$$PRUNE' }], [1, null], []],
  ['$redact of a text', [{ $redact: 'x' }], [1], error(17053)],
  [
    '$densify by 0',
    [{ $densify: { field: 'a', range: { step: 0, bounds: 'full' } } }],
    [1, 3],
    error(5733401),
  ],
  [
    '$densify of much',
    [{ $densify: { field: 'a', range: { step: 1, bounds: 'full' } } }],
    [0, 1e9],
    error(5897900),
  ],
  [
    '$densify with other bounds',
    [{ $densify: { field: 'a', range: { step: 1, bounds: NaN } } }],
    [1],
    error(5946801),
  ],
  ['$densify of no field', [{ $densify: { field: 5, range: { step: 1, bounds: 'full' } } }], [1], error(14)],
  [
    '$densify of one',
    [{ $densify: { field: 'a', range: { step: 1, bounds: 'full' } } }],
    [1],
    [{ _id: 1, a: 1 }],
  ],
  [
    '$fill a value',
    [{ $fill: { output: { a: { value: 0 } } } }],
    [null, undefined, 1],
    [
      { _id: 1, a: 0 },
      { _id: 2, a: 0 },
      { _id: 3, a: 1 },
    ],
  ],
  ['$fill by a method', [{ $fill: { sortBy: { a: 1 }, output: { a: { method: 'locf' } } } }], [], error(115)],
  ['$setWindowFields', [{ $setWindowFields: { output: {} } }], [], error(115)],
  ['$out inside a $facet', [{ $facet: { x: [{ $out: 'y' }] } }], [1], error(40600)],
])('%s', async (_what, stages, items, expected) => {
  expect(await run(stages, items)).toEqual(expected);
});
