import { jest } from '@jest/globals';
import type { mongo } from 'mongoose';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { ensureIndexes } from '../../../orchestrator/durable/indexes.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { Changing, Echo, script } from '../../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());
afterEach(() => jest.restoreAllMocks());

const coldStart = (historyDays = 30) => ensureIndexes(backendOf(test_.app), historyDays);
/** The definitions of the indexes, by their names. */
async function definitions() {
  const all: Record<string, unknown> = {};
  for (const [name, collection] of [
    ['runs', test_.actions],
    ['pages', test_.pages],
  ] as const)
    for (const index of await collection.indexes()) all[`${name} ${index.name}`] = index;
  return all;
}
const key = { state: 1, 'cronActivity.nextActivity': 1 } as const;
const partialFilterExpression = { 'bag.version': { $exists: true } };
const overlap = { name: 'overlap', key: { 'filter.overlap': 1, state: 1, createdAt: 1 } } as const;
type Index = mongo.IndexDescription & { name: string };

/** What an earlier release may have left, in place of an index of ours. */
const earlier: [string, 'runs' | 'pages', Index[]][] = [
  [
    'has other keys',
    'runs',
    [{ name: 'open', key: { state: 1, 'bag.version': 1 }, partialFilterExpression }],
  ],
  ['has fewer keys', 'runs', [{ name: 'overlap', key: { 'filter.overlap': 1 } }]],
  ['is unique', 'runs', [{ ...overlap, unique: true }]],
  ['is sparse', 'runs', [{ ...overlap, sparse: true }]],
  [
    'has its keys in another order',
    'runs',
    [{ name: 'overlap', key: { state: 1, 'filter.overlap': 1, createdAt: 1 } }],
  ],
  ['has another direction', 'runs', [{ name: 'newest', key: { actionRef: 1, createdAt: 1, _id: -1 } }]],
  ['has another name', 'runs', [{ name: 'due', key, partialFilterExpression }]],
  ['has another filter', 'runs', [{ name: 'open', key, partialFilterExpression: { state: { $lt: 3 } } }]],
  ['has no filter', 'runs', [{ name: 'open', key }]],
  [
    'has a filter where it needs none',
    'runs',
    [{ name: 'newest', key: { actionRef: 1, createdAt: -1, _id: -1 }, partialFilterExpression }],
  ],
  ['removes sooner', 'runs', [{ name: 'retention', key: { 'bag.endedAt': 1 }, expireAfterSeconds: 60 }]],
  ['removes nothing', 'runs', [{ name: 'retention', key: { 'bag.endedAt': 1 } }]],
  [
    'removes by another date',
    'runs',
    [{ name: 'retention', key: { createdAt: 1 }, expireAfterSeconds: 2_592_000 }],
  ],
  ['removes pages of open runs', 'pages', [{ name: 'run', key: { run: 1 }, expireAfterSeconds: 60 }]],
  [
    'has the name of another one',
    'runs',
    [
      { name: 'overlap', key: { actionRef: 1, createdAt: -1, _id: -1 } },
      { name: 'newest', key: { 'filter.overlap': 1, state: 1, createdAt: 1 } },
    ],
  ],
];

describe.each(earlier)('an index whose definition changed, which %s,', (_, where, indexes) => {
  beforeEach(async () => {
    const collection = where === 'runs' ? test_.actions : test_.pages;
    await collection.dropIndexes();
    await collection.createIndexes([{ name: 'theirs', key: { theirs: 1 } }, ...indexes]);
  });
  afterEach(async () => {
    for (const collection of [test_.actions, test_.pages]) await collection.dropIndexes();
    await coldStart();
  });

  test('is migrated at a cold start, and the next ones change nothing', async () => {
    script.define = (workflow) => workflow.echo('only', 'x');
    const run = newKey();
    await test_.runner().run({ key: run, workflow: new Changing() });
    await coldStart();
    const migrated = await definitions();
    expect(migrated[`${where} theirs`]).toBeDefined();
    const expected = Object.fromEntries(
      Object.entries(wanted).filter(([name]) => name.startsWith(`${where} `)),
    );
    expect(migrated).toMatchObject(expected);
    for (const { name } of indexes)
      if (!(`${where} ${name}` in wanted)) expect(migrated).not.toHaveProperty([`${where} ${name}`]);
    await coldStart();
    expect(await definitions()).toEqual(migrated);
    expect(await test_.actions.countDocuments({ _id: runId(run) })).toBe(1);
  });

  test('is migrated by several cold starts at once, each of which succeeds', async () => {
    await Promise.all([coldStart(), coldStart(), coldStart(), coldStart()]);
    expect(await definitions()).toMatchObject(wanted);
  });
});

/** The definitions as a new database has them. */
let wanted: Record<string, unknown> = {};
beforeAll(async () => {
  wanted = await definitions();
});

test('a roll-back to another number of days, and back, leaves what the last one says', async () => {
  for (const days of [7, 30, 7]) await coldStart(days);
  expect((await definitions())['runs retention']).toMatchObject({ expireAfterSeconds: 604_800 });
  expect((await definitions())['pages retention']).toMatchObject({ expireAfterSeconds: 604_800 });
  await coldStart();
  expect(await definitions()).toEqual(wanted);
});

test('a cold start that died between the end of an index and its new one is made good by the next one', async () => {
  await test_.actions.dropIndex('open');
  await coldStart();
  expect(await definitions()).toMatchObject(wanted);
});

describe('the queries of a tick and of a person use an index', () => {
  type Query = { filter: mongo.Filter<mongo.Document>; cursor: mongo.FindCursor<mongo.Document> };
  /** A backend that keeps the queries which it is asked. */
  function observed() {
    const backend = backendOf(test_.app);
    const queries: Query[] = [];
    const { runs } = backend;
    const find = runs.find.bind(runs) as unknown as (...parts: unknown[]) => Query['cursor'];
    jest.spyOn(runs, 'find').mockImplementation(((filter: Query['filter'], ...more: unknown[]) => {
      const cursor = find(filter, ...more);
      queries.push({ filter, cursor });
      return cursor;
    }) as never);
    const planOf = async ({ cursor }: Query) => JSON.stringify(await cursor.clone().explain('queryPlanner'));
    return { backend, queries, plans: () => Promise.all(queries.map(planOf)) };
  }
  const time = { remainingMs: () => 60_000, stepMs: -1 };

  test.each<[string, string[], string[]]>([
    ['for what is due', [], ['open']],
    ['for what is due and what overlaps', ['a', 'b'], ['open', 'overlap']],
  ])('%s', async (_, overlapKeys, names) => {
    const { backend, plans } = observed();
    await new Runner(backend, silent, time).findOpen(overlapKeys, 10_000);
    const [plan] = await plans();
    expect(plan).not.toContain('COLLSCAN');
    expect(names.some((name) => plan!.includes(`"${name}"`))).toBe(true);
  });

  test.each<[string, object, string]>([
    ['for the newest runs of a tick', { filter: { tick: 'a' } }, 'ticks'],
  ])('%s', async (_, query, name) => {
    const { backend, plans } = observed();
    await new RunControl(backend).list({ limit: 10, ...query });
    const [plan] = await plans();
    expect(plan).not.toContain('COLLSCAN');
    expect(plan).toContain(`"${name}"`);
  });

  test('for the newest runs of an overlap key that have decided', async () => {
    const { backend, plans } = observed();
    await new RunControl(backend).newestWith('echo', 'a', 5);
    const [plan] = await plans();
    expect(plan).not.toContain('COLLSCAN');
    expect(plan).toContain('"overlap"');
  });
});
