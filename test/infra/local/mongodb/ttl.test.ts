import { Catalog } from '../../../../infra/local/mongodb/storage/catalog.ts';
import { Storage } from '../../../../infra/local/mongodb/storage/storage.ts';
import { sweepExpired } from '../../../../infra/local/mongodb/storage/ttl.ts';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
beforeEach(async () => {
  t = await testStore({ ttlSweepSeconds: 0.05 });
});
afterEach(() => t.stop());

/** Polls until the answer is the expected one; the time limit of the test is the only one. */
async function until<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  while ((await ask()) !== expected) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('expired documents are removed, the others stay', async () => {
  const c = t.db.collection('a');
  await c.insertMany([
    { _id: 'old', at: new Date(0) },
    { _id: 'new', at: new Date(Date.now() + 3_600_000) },
    { _id: 'text', at: 'yesterday' },
    { _id: 'none' },
    { _id: 'list', at: [new Date(Date.now() + 3_600_000), new Date(0)] },
  ] as never[]);
  await c.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
  await until(() => c.countDocuments(), 3);
  expect((await c.find().toArray()).map(({ _id }) => String(_id))).toEqual(['new', 'text', 'none']);
  expect(await c.indexes()).toMatchObject([{}, { expireAfterSeconds: 60 }]);
});

test('the seconds count from the date', async () => {
  const dataDir = t.dataDir;
  const c = t.db.collection('b');
  await c.createIndex({ at: 1 }, { expireAfterSeconds: 100 });
  const far = Date.now() + 1e9;
  await c.insertMany([{ at: new Date(far) }, { at: new Date(far + 1000) }]);
  await t.client.close();
  await t.store.close();
  const storage = new Storage(dataDir);
  const catalog = new Catalog(storage);
  expect(await sweepExpired(catalog, far + 99_999)).toBe(0);
  expect(await sweepExpired(catalog, far + 100_000)).toBe(1);
  expect(await sweepExpired(catalog, far + 100_000)).toBe(0);
  await storage.close();
});
