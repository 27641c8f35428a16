import { MongoNetworkError } from 'mongodb';
import type { CommandEvent } from '../../../../infra/local/mongodb/server.ts';
import { testStore } from './helpers.ts';
import type { TestStore } from './helpers.ts';

let t: TestStore;
const events: CommandEvent[] = [];
let hold: Promise<void> | undefined;

beforeAll(async () => {
  t = await testStore({
    failPoints: true,
    replicaSet: 'rs0',
    onCommand: (event) => {
      events.push(event);
      return event.phase === 'received' && event.collection === 'held' ? hold : undefined;
    },
  });
});
afterEach(() => configure('off'));
afterAll(() => t.stop());

const configure = (mode: unknown, data: object = {}) =>
  t.client.db('admin').command({ configureFailPoint: 'failCommand', mode, data });

test('a command fails with the asked code as often as asked', async () => {
  await configure({ times: 2 }, { failCommands: ['find'], errorCode: 13 });
  const find = () => t.db.collection('a').findOne();
  await expect(find()).rejects.toMatchObject({ code: 13, codeName: 'Unauthorized' });
  await expect(find()).rejects.toMatchObject({ code: 13 });
  expect(await find()).toBeNull();
  expect(await configure('off')).toMatchObject({ count: 2 });
});

test('a fail point affects only the named application', async () => {
  const other = await t.connect({ appName: 'victim' });
  await configure('alwaysOn', { failCommands: ['find'], errorCode: 13, appName: 'victim' });
  expect(await t.db.collection('a').findOne()).toBeNull();
  await expect(other.db('test').collection('a').findOne()).rejects.toMatchObject({ code: 13 });
});

test('a closed connection is a network error, and the command is not executed', async () => {
  const once = await t.connect({ retryWrites: false });
  await configure({ times: 1 }, { failCommands: ['insert'], closeConnection: true });
  const c = once.db('test').collection<{ _id: number }>('closed');
  await expect(c.insertOne({ _id: 1 })).rejects.toBeInstanceOf(MongoNetworkError);
  expect(await t.db.collection('closed').countDocuments()).toBe(0);
});

test('the driver retries a write after a closed connection, and it is written once', async () => {
  // The driver keeps the timer of its second server selection until it expires.
  const patient = await t.connect({ serverSelectionTimeoutMS: 900 });
  await configure({ times: 1 }, { failCommands: ['insert'], closeConnection: true });
  await patient.db('test').collection('retried').insertOne({ a: 1 });
  expect(await t.db.collection('retried').countDocuments()).toBe(1);
});

test('error labels reach the driver', async () => {
  const once = await t.connect({ retryWrites: false });
  await configure(
    { times: 1 },
    { failCommands: ['insert'], errorCode: 91, errorLabels: ['RetryableWriteError'] },
  );
  const error: unknown = await once
    .db('test')
    .collection('l')
    .insertOne({})
    .catch((e: unknown) => e);
  expect((error as MongoNetworkError).hasErrorLabel('RetryableWriteError')).toBe(true);
});

test('a blocked command waits, then runs', async () => {
  await configure({ times: 1 }, { failCommands: ['ping'], blockConnection: true, blockTimeMS: 60 });
  const before = process.hrtime.bigint();
  await t.db.command({ ping: 1 });
  expect(Number(process.hrtime.bigint() - before) / 1e6).toBeGreaterThanOrEqual(59);
});

test('a write concern error comes with a write that is executed', async () => {
  const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
  await configure({ times: 1 }, { failCommands: ['insert'], writeConcernError });
  await expect(t.db.collection('wce').insertOne({ a: 1 })).rejects.toMatchObject({ code: 64 });
  expect(await t.db.collection('wce').countDocuments()).toBe(1);
});

test('skip and activationProbability are the other modes', async () => {
  await configure({ skip: 1 }, { failCommands: ['count'], errorCode: 13 });
  await t.db.command({ count: 'a' });
  await expect(t.db.command({ count: 'a' })).rejects.toMatchObject({ code: 13 });
  await configure({ activationProbability: 0 }, { failCommands: ['count'], errorCode: 13 });
  await t.db.command({ count: 'a' });
  await expect(configure({ frob: 1 })).rejects.toMatchObject({ code: 2 });
});

test('the observer gets every command before it is executed and after its answer', async () => {
  const named = await t.connect({ appName: 'watched' });
  events.length = 0;
  await named.db('shop').collection('orders').insertOne({ a: 1 });
  await named.db('shop').collection('orders').findOne();
  await t.db.command({ ping: 1 });
  const seen = events.filter(
    ({ appName, command }) => appName === 'watched' && !/hello|ismaster/i.test(command),
  );
  expect(seen.slice(0, 3)).toMatchObject([
    { phase: 'received', command: 'insert', database: 'shop', collection: 'orders' },
    { phase: 'answered', command: 'insert', database: 'shop', collection: 'orders' },
    { phase: 'received', command: 'find', database: 'shop', collection: 'orders' },
  ]);
});

test('an observer may delay a command', async () => {
  let release = () => {};
  hold = new Promise((resolve) => (release = resolve));
  const held = t.db.collection('held').insertOne({ a: 1 });
  const other = await t.connect();
  await other.db('test').collection('free').insertOne({ a: 1 });
  expect(await other.db('test').collection('free').countDocuments()).toBe(1);
  expect(events.some(({ phase, collection }) => phase === 'answered' && collection === 'held')).toBe(false);
  release();
  await held;
});

test('the store counts the commands that it received', async () => {
  const total = async () => {
    const { metrics } = await t.client.db('admin').command({ serverStatus: 1 });
    return (metrics as { commands: Record<string, { total: number }> }).commands.distinct?.total ?? 0;
  };
  const before = await total();
  await t.db.collection('a').distinct('x');
  expect((await total()) - before).toBe(1);
});

test('without the option configureFailPoint is an unknown command', async () => {
  const plain = await testStore();
  try {
    const command = plain.client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    await expect(command).rejects.toMatchObject({ code: 59 });
  } finally {
    await plain.stop();
  }
});
