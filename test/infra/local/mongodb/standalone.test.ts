import { Long, UUID } from 'mongodb';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';
import { RawClient } from './raw-client.ts';

const REFUSAL = 'Transaction numbers are only allowed on a replica set member or mongos';

describe('by default', () => {
  let t: TestStore;
  beforeAll(async () => {
    t = await testStore();
  });
  afterAll(() => t.stop());

  test('it is a standalone of a stated version', async () => {
    const hello = await t.client.db('admin').command({ hello: 1 });
    expect(hello).toMatchObject({ isWritablePrimary: true, maxWireVersion: 21, maxBsonObjectSize: 16777216 });
    expect(hello).not.toHaveProperty('setName');
    expect(await t.client.db('admin').command({ buildInfo: 1 })).toMatchObject({ version: '7.0.14' });
  });

  test('a driver that monitors the store always finds it available', async () => {
    const client = await t.connect({ heartbeatFrequencyMS: 500, minHeartbeatFrequencyMS: 50 });
    const failed: unknown[] = [];
    let succeeded = 0;
    client.on('serverHeartbeatFailed', (event) => failed.push(event));
    await new Promise<void>((resolve) => {
      client.on('serverHeartbeatSucceeded', () => ++succeeded === 3 && resolve());
      client.on('serverHeartbeatFailed', () => resolve());
    });
    expect(failed).toEqual([]);
  });

  test('a transaction is refused with the error of a standalone', async () => {
    const session = t.client.startSession();
    try {
      const run = session.withTransaction(() => t.db.collection('a').insertOne({ a: 1 }, { session }));
      await expect(run).rejects.toMatchObject({ code: 20, codeName: 'IllegalOperation', message: REFUSAL });
    } finally {
      await session.endSession();
    }
    expect(await t.db.collection('a').countDocuments()).toBe(0);
  });

  test('a transaction number is refused, and so is a write concern of two', async () => {
    const lsid = { id: new UUID() };
    const numbered = { insert: 'a', documents: [{ a: 1 }], lsid, txnNumber: Long.fromNumber(1) };
    await expect(t.db.command(numbered)).rejects.toMatchObject({ code: 20, message: REFUSAL });
    const wide = t.db.collection('a').insertOne({ a: 1 }, { writeConcern: { w: 2 } });
    await expect(wide).rejects.toMatchObject({ code: 2 });
  });

  test('a session without a transaction is served', async () => {
    const session = t.client.startSession();
    await t.db.collection('s').insertOne({ a: 1 }, { session });
    expect(await t.db.collection('s').findOne({}, { session })).toMatchObject({ a: 1 });
    await session.endSession();
  });

  test('an unacknowledged write is executed', async () => {
    const c = t.db.collection('fire');
    await c.insertOne({ a: 1 }, { writeConcern: { w: 0 } });
    await t.db.command({ ping: 1 });
    for (let i = 0; i < 100 && (await c.countDocuments()) === 0; i++) await t.db.command({ ping: 1 });
    expect(await c.countDocuments()).toBe(1);
  });

  test('the commands that shells and browsers send when they connect are answered', async () => {
    const admin = t.client.db('admin');
    await t.db.collection('seen').insertOne({ a: 1 });
    for (const command of [
      { hostInfo: 1 },
      { connectionStatus: 1, showPrivileges: true },
      { serverStatus: 1 },
      { getParameter: 1, featureCompatibilityVersion: 1 },
      { getLog: 'startupWarnings' },
      { getCmdLineOpts: 1 },
      { whatsmyuri: 1 },
      { ping: 1 },
    ]) {
      expect(await admin.command(command)).toMatchObject({ ok: 1 });
    }
    const { databases } = await admin.admin().listDatabases();
    expect(databases.map(({ name }) => name)).toContain('test');
    const collections = await t.db.listCollections({ name: 'seen' }).toArray();
    expect(collections).toMatchObject([{ name: 'seen', type: 'collection', idIndex: { name: '_id_' } }]);
    expect(await t.db.command({ dbStats: 1 })).toMatchObject({ db: 'test' });
    expect(
      await t.db
        .collection('seen')
        .aggregate([{ $collStats: { count: {} } }])
        .toArray(),
    ).toMatchObject([{ count: 1 }]);
    await expect(admin.command({ replSetGetStatus: 1 })).rejects.toMatchObject({ code: 76 });
  });
});

describe('as a replica set of one member, for tests', () => {
  let t: TestStore;
  beforeAll(async () => {
    t = await testStore({ replicaSet: 'rs0' });
  });
  afterAll(() => t.stop());

  test('a transaction is accepted, though without isolation', async () => {
    const session = t.client.startSession();
    await session.withTransaction(async () => {
      await t.db.collection('a').insertOne({ a: 1 }, { session });
      expect(await t.db.collection('a').countDocuments()).toBe(1);
    });
    await session.endSession();
    expect(await t.db.collection('a').countDocuments()).toBe(1);
  });

  /** Sends commands with a session of their own: the driver would put its own session in its place. */
  async function sendRaw(body: object): Promise<object> {
    const raw = await RawClient.open(t.store.port);
    try {
      return await raw.command(body);
    } finally {
      await raw.close();
    }
  }

  test('a retried write runs once, even after the store was opened again', async () => {
    const send = (lsid: object, txnNumber: number) =>
      sendRaw({
        update: 'counters',
        updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } }, upsert: true }],
        lsid,
        txnNumber: Long.fromNumber(txnNumber),
      });
    const lsid = { id: new UUID() };
    const created = { n: 1, nModified: 0, upserted: [{ index: 0, _id: 1 }] };
    expect(await send(lsid, 7)).toMatchObject(created);
    expect(await send(lsid, 7)).toMatchObject(created);
    await t.reopen();
    expect(await send(lsid, 7)).toMatchObject(created);
    expect(await t.db.collection('counters').findOne()).toEqual({ _id: 1, n: 1 });
    expect(await send({ id: new UUID() }, 7)).toMatchObject({ n: 1, nModified: 1 });
    expect(await t.db.collection('counters').findOne()).toEqual({ _id: 1, n: 2 });
  });

  test('a retried findAndModify gives the first answer, and an older number is refused', async () => {
    const lsid = { id: new UUID() };
    const send = (number: number) =>
      sendRaw({
        findAndModify: 'f',
        query: { _id: 1 },
        update: { $inc: { n: 1 } },
        upsert: true,
        new: true,
        lsid,
        txnNumber: Long.fromNumber(number),
      });
    expect(await send(2)).toMatchObject({ value: { n: 1 } });
    expect(await send(2)).toMatchObject({ value: { n: 1 } });
    expect(await send(3)).toMatchObject({ value: { n: 2 } });
    expect(await send(1)).toMatchObject({ ok: 0, code: 225, codeName: 'TransactionTooOld' });
  });
});
