import type { Document } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

/** Expressions on texts and sizes, for null, missing and other types, as MongoDB documents them. */
let t: TestStore;
beforeAll(async () => {
  t = await testStore();
});
afterAll(() => t.stop());

const missing = Symbol('missing');

async function value(expression: Document, a: unknown): Promise<unknown> {
  const collection = t.db.collection('values');
  await collection.deleteMany({});
  await collection.insertOne(a === missing ? {} : { a });
  try {
    const [found] = await collection.aggregate([{ $project: { b: expression } }]).toArray();
    return found!.b as unknown;
  } catch (error) {
    return { code: (error as { code?: number }).code };
  }
}

test.each<[Document, [given: unknown, expected: unknown][]]>([
  [
    { $toUpper: '$a' },
    [
      ['aBé', 'ABé'],
      [null, ''],
      [missing, ''],
      [1.5, '1.5'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [{}, { code: 16007 }],
      [[1], { code: 16007 }],
      [true, { code: 16007 }],
    ],
  ],
  [
    { $toLower: ['$a'] },
    [
      ['AbÉ', 'abÉ'],
      [null, ''],
      [missing, ''],
      [12, '12'],
    ],
  ],
  [
    { $size: '$a' },
    [
      [[], 0],
      [[1, null], 2],
      [null, { code: 17124 }],
      [missing, { code: 17124 }],
      ['ab', { code: 17124 }],
    ],
  ],
  [{ $size: [[1, 2]] }, [[1, 2]]],
  [{ $size: [1, 2] }, [[1, { code: 16020 }]]],
  [
    { $trim: { input: '$a' } },
    [
      [' \u00a0x\t', 'x'],
      [' ', ''],
      ['', ''],
      [null, null],
      [missing, null],
      [5, { code: 50699 }],
      [['x'], { code: 50699 }],
    ],
  ],
  [{ $ltrim: { input: '$a', chars: 'é😀' } }, [['😀éx😀', 'x😀']]],
  [{ $rtrim: { input: '$a', chars: 'x' } }, [['xyx', 'xy']]],
  [{ $trim: { input: '$a', chars: null } }, [['x', null]]],
  [{ $trim: { input: '$a', chars: 1 } }, [['x', { code: 50700 }]]],
  [{ $trim: { input: '$a', char: 'x' } }, [['x', { code: 50694 }]]],
  [{ $trim: {} }, [['x', { code: 50695 }]]],
  [{ $trim: '$a' }, [['x', { code: 50696 }]]],
  [
    { $substr: ['$a', 1, -1] },
    [
      ['abc', 'bc'],
      [1234, '234'],
      [null, ''],
      [missing, ''],
      ['', ''],
      ['é', { code: 28656 }],
      [{}, { code: 16007 }],
    ],
  ],
  [
    { $substrBytes: ['$a', 0, 1] },
    [
      ['é', { code: 28657 }],
      ['abc', 'a'],
    ],
  ],
  [{ $substr: ['$a', 0, 99] }, [['abc', 'abc']]],
  [{ $substr: ['$a', -1, 1] }, [['abc', { code: 50752 }]]],
  [{ $substr: ['$a', 'x', 1] }, [['abc', { code: 16034 }]]],
  [{ $substr: ['$a', 0, null] }, [['abc', { code: 16035 }]]],
  [{ $substr: ['$a', 0] }, [['abc', { code: 16020 }]]],
  [
    { $substrCP: ['$a', 1, 2] },
    [
      ['é😀xy', '😀x'],
      [1234, '23'],
      [null, ''],
    ],
  ],
  [{ $substrCP: ['$a', 0, -1] }, [['abc', { code: 34454 }]]],
  [{ $substrCP: ['$a', 0.5, 1] }, [['abc', { code: 34451 }]]],
  [{ $substrCP: ['$a', 0, 'x'] }, [['abc', { code: 34452 }]]],
  [
    { $concat: ['$a', '-', 'z'] },
    [
      ['x', 'x-z'],
      [null, null],
      [missing, null],
      [1, { code: 16702 }],
    ],
  ],
  [{ $concat: ['$a', 1] }, [[null, null]]],
  [{ $concat: '$a' }, [['x', 'x']]],
  [{ $concat: [] }, [['x', '']]],
  [
    { $strLenCP: '$a' },
    [
      ['é😀', 2],
      ['', 0],
      [null, { code: 34471 }],
      [missing, { code: 34471 }],
    ],
  ],
  [
    { $strLenBytes: ['$a'] },
    [
      ['é😀', 6],
      [1, { code: 34473 }],
    ],
  ],
  [
    { $arrayElemAt: ['$a', -1] },
    [
      [[1, 2], 2],
      [[], undefined],
      [null, null],
      [missing, null],
      ['ab', { code: 28689 }],
    ],
  ],
  [{ $arrayElemAt: ['$a', 2] }, [[[1, 2], undefined]]],
  [{ $arrayElemAt: ['$a', null] }, [[[1, 2], null]]],
  [{ $arrayElemAt: ['$a', 'x'] }, [[[1, 2], { code: 28690 }]]],
  [{ $arrayElemAt: ['$a', 0.5] }, [[[1, 2], { code: 28691 }]]],
  [{ $arrayElemAt: ['$a'] }, [[[1, 2], { code: 16020 }]]],
])('%j', async (expression, rows) => {
  for (const [given, expected] of rows)
    expect([given, await value(expression, given)]).toEqual([given, expected]);
});
