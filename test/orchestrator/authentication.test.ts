import { MongoClient } from 'mongodb';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';
import { startStore } from '../../infra/local/mongodb/server.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { guardStore, type GuardedStore } from '../support/guarded-store.ts';
import { answerOf, errorOf, startTestApp, temporaryFolder } from '../support/local-app.ts';

type App = Awaited<ReturnType<typeof startTestApp>>;

const OLD = 'old-password';
const NEW = 'new-password';
const ledger = ['OrbitsTrader-buy-stock', 'OrbitsTrader-sell-stock'];

let folder: ReturnType<typeof temporaryFolder>;
let store: Awaited<ReturnType<typeof startStore>>;
let guarded: GuardedStore;
let app: App;

beforeEach(async () => {
  folder = temporaryFolder();
  store = await startStore({ dataDir: folder.path });
  guarded = await guardStore(store.uri, OLD, 'local');
});
afterEach(async () => {
  await app.close();
  await guarded.close();
  await store.close();
  folder.remove();
});

/** As Lambda delivers a tick: up to three times, for the connection that was cut may cost one. */
async function deliver(key: string): Promise<InvocationResult> {
  const results: InvocationResult[] = [];
  do results.push(await app.invoke(app.orchestrator, { idempotencyKey: key }));
  while (results.length < 3 && 'error' in results.at(-1)!);
  return results.at(-1)!;
}
const run = async (key: string) => answerOf<Report>(await deliver(key)).runs[0]!;

/** Every process of the app that connects to MongoDB. */
const processes = () => [app.orchestrator, ...ledger].flatMap((name) => app.functions.pids(name));

describe('a password that is rotated', () => {
  beforeEach(async () => {
    const alwaysBuy = { 'OrbitsTrader-generate-buy-sell-recommendation': { SELL_ABOVE: '1000000' } };
    app = await startTestApp({ mongodbUri: guarded.uri(OLD), overrides: alwaysBuy });
  });

  test('is read again by orchestrator and ledger, in the processes that are there', async () => {
    expect((await run('before')).state).toBe('SUCCESS');
    const before = processes();
    app.setSecret(guarded.uri(NEW));
    guarded.rotate(NEW);
    expect((await run('after')).state).toBe('SUCCESS');
    expect(processes()).toEqual(expect.arrayContaining(before));
    expect(guarded.refused).toContain(OLD);
  });

  test('and is not in the secret yet fails the tick, which goes well once it is', async () => {
    await run('before');
    const before = processes();
    guarded.rotate(NEW);
    const error = errorOf(await deliver('between'));
    expect(error.errorType).toBe('MongoServerError');
    expect(error.errorMessage).toMatch(
      /^Authentication failed: the MongoDB at 127\.0\.0\.1:\d+ refuses the user/,
    );
    app.setSecret(guarded.uri(NEW));
    expect((await run('between')).state).toBe('SUCCESS');
    expect(processes()).toEqual(expect.arrayContaining(before));
  });

  test('stands in no log line, no error and no document', async () => {
    await run('before');
    guarded.rotate(NEW);
    const { errorMessage } = errorOf(await deliver('after'));
    const client = await new MongoClient(store.uri).connect();
    const db = client.db('orbits-trader');
    const documents = [...(await db.collection('actions').find().toArray()), ...app.logs, errorMessage];
    await client.close();
    expect(documents.length).toBeGreaterThan(10);
    expect(JSON.stringify(documents)).not.toContain(OLD);
  });
});

test('IAM authentication signs with the keys of the role, and asks for no secret', async () => {
  const iam = { MONGODB_ADDRESS: guarded.iamUri, MONGODB_SECRET_ID: '' };
  app = await startTestApp({
    mongodbUri: store.uri,
    overrides: Object.fromEntries(['OrbitsTrader-orchestrator', ...ledger].map((name) => [name, iam])),
  });
  app.setSecret('never read');
  expect((await run('by role')).state).toBe('SUCCESS');
  // The orchestrator has one key and the function that traded another; a client has several connections.
  expect(new Set(guarded.roles).size).toBe(2);
});
