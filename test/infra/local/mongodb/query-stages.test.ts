import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

/** A wrong argument of a stage is refused with the server's code, as the first stage and as a later one. */
let t: TestStore;
beforeAll(async () => {
  t = await testStore();
  await t.db.collection<Document>('c').insertMany([{ _id: 1, a: 'x' }, { _id: 2 }] as never[]);
});
afterAll(() => t.stop());

const run = (stages: Document[]) => t.db.collection('c').aggregate(stages).toArray();

test.each<[Document, number]>([
  [{ $facet: {} }, 40169],
  [{ $facet: 1 }, 40169],
  [{ $facet: { a: 1 } }, 40170],
  [{ $facet: { a: [1] } }, 40171],
  [{ $facet: { 'a.b': [] } }, 16412],
  [{ $facet: { $n: [] } }, 16410],
  [{ $facet: { '': [] } }, 15998],
  [{ $facet: { a: [{ $facet: { b: [] } }] } }, 40600],
  [{ $facet: { a: [{ $out: 'x' }] } }, 40600],
  [{ $facet: { a: [{ $documents: [] }] } }, 40600],
  [{ $addFields: {} }, 40177],
  [{ $addFields: 1 }, 40272],
  [{ $set: { $a: 1 } }, 16410],
  [{ $set: { 'a.': 1 } }, 40353],
  [{ $unset: [] }, 31119],
  [{ $unset: '' }, 40352],
  [{ $unset: 1 }, 31002],
  [{ $unset: ['a', 1] }, 31120],
  [{ $unset: '$a' }, 16410],
  [{ $fill: {} }, 40414],
  [{ $fill: 1 }, 9],
  [{ $fill: { output: 1 } }, 14],
  [{ $fill: { output: { a: 1 } } }, 9],
  [{ $fill: { output: {}, by: 1 } }, 40415],
  [{ $unionWith: 1 }, 9],
  [{ $unionWith: {} }, 9],
  [{ $unionWith: { coll: 1 } }, 14],
  [{ $unionWith: { coll: 'c', pipeline: 1 } }, 14],
  [{ $unionWith: { coll: 'c', from: 1 } }, 40415],
  [{ $merge: { into: 'm', foo: 1 } }, 40415],
  [{ $merge: { into: 'm', whenNotMatched: 'zz' } }, 2],
  [{ $merge: { into: 'm', whenMatched: 'zz' } }, 2],
  [{ $merge: { into: 'm', on: [] } }, 51186],
  [{ $merge: { into: { coll: 'm', x: 1 } } }, 40415],
  [{ $out: { coll: 'm', x: 1 } }, 40415],
])('%j', async (stage, code) => {
  await expect(run([stage])).rejects.toMatchObject({ code });
  await expect(run([{ $project: { a: 1 } }, stage])).rejects.toMatchObject({ code });
  await expect(run([{ $match: { a: 'none' } }, stage])).rejects.toMatchObject({ code });
  expect(await t.db.listCollections({ name: 'm' }).toArray()).toEqual([]);
});

test('$documents must be the first stage and have documents', async () => {
  const docs = (spec: unknown) => t.db.aggregate([{ $documents: spec }]).toArray();
  expect(await docs([{ a: 1 }])).toEqual([{ a: 1 }]);
  await expect(docs([1])).rejects.toMatchObject({ code: 40228 });
  await expect(docs([{ a: 1 }, null])).rejects.toMatchObject({ code: 40228 });
  await expect(docs('x')).rejects.toMatchObject({ code: 5858203 });
  await expect(run([{ $match: {} }, { $documents: [{ a: 1 }] }])).rejects.toMatchObject({ code: 40602 });
});

test('a valid argument is accepted', async () => {
  expect(await run([{ $fill: { output: { a: { value: 0 } } } }, { $unset: ['_id', 'b.c'] }])).toEqual([
    { a: 'x' },
    { a: 0 },
  ]);
  expect(await run([{ $unionWith: { coll: 'c', pipeline: [{ $match: { _id: 1 } }] } }])).toHaveLength(3);
  const other = { pipeline: [{ $documents: [{ z: 1 }] }] };
  expect(await run([{ $unionWith: other }, { $set: { 'n.x': '$z' } }])).toHaveLength(3);
  const joined = await run([{ $lookup: { ...other, as: 'r' } }, { $facet: { all: [{ $unwind: '$r' }] } }]);
  expect((joined[0] as { all: unknown[] }).all).toHaveLength(2);
});
