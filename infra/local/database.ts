import { MongoClient } from 'mongodb';
import { startStore, type StoreOptions } from './mongodb/server.ts';
import { UsageError } from './options.ts';

const CONNECT_TIMEOUT_MS = 4_000;

export interface DatabaseOptions {
  dataDir: string;
  mongodbUri?: string | undefined;
  databaseName: string;
  fresh: boolean;
  onCommand?: StoreOptions['onCommand'];
}

/** Where the local run keeps its state: the embedded store, or a MongoDB of the user's own. */
export interface Database {
  readonly uri: string;
  close(): Promise<void>;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { dataDir, mongodbUri, databaseName, fresh, onCommand } = options;
  if (mongodbUri !== undefined) {
    if (fresh) {
      throw new UsageError(
        '--fresh wipes the embedded store alone. Unset MONGODB_URI, or drop its database yourself.',
      );
    }
    await checkReachable(mongodbUri);
    return { uri: mongodbUri, close: () => Promise.resolve() };
  }
  const store = await startStore({ dataDir, ...(onCommand && { onCommand }) });
  await using(store.uri, async (client) => {
    if (fresh) await client.db(databaseName).dropDatabase();
    else await releaseLeases(client, databaseName);
  });
  return store;
}

/**
 * A data folder belongs to one process, and its functions end with it: whoever held a run when the folder was last
 * open is gone. So its runs can be carried on at once, where on AWS they wait for the end of the lease.
 */
async function releaseLeases(client: MongoClient, databaseName: string): Promise<void> {
  const held = { 'cronActivity.pending': true };
  await client
    .db(databaseName)
    .collection('actions')
    .updateMany(held, { $set: { 'cronActivity.pending': false } });
}

/** Throws a `UsageError` that names the host, never the password, where no MongoDB answers. */
async function checkReachable(uri: string): Promise<void> {
  const host = uri
    .replace(/^[^:]*:\/\//, '')
    .replace(/^.*@/, '')
    .replace(/[/?].*$/, '');
  try {
    await using(uri, (client) => client.db('admin').command({ ping: 1 }));
  } catch (error) {
    const { name } = error as Error;
    if (/Parse|Argument|TypeError/.test(name)) {
      throw new UsageError(
        'MONGODB_URI is malformed; expected mongodb://HOST:PORT or mongodb+srv://USER:PASSWORD@HOST, with every ' +
          'special character in the password percent-encoded. Mend it, or unset it to use the embedded store.',
      );
    }
    const why = /auth/i.test((error as Error).message)
      ? 'refuses the user or the password'
      : 'does not answer';
    throw new UsageError(
      `The MongoDB at ${host} (MONGODB_URI) ${why}: ${name}. Mend that, or unset MONGODB_URI to use the embedded store.`,
    );
  }
}

async function using(uri: string, work: (client: MongoClient) => Promise<unknown>): Promise<void> {
  const client = new MongoClient(uri, {
    appName: 'orbits-trader-local',
    serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    socketTimeoutMS: 30_000,
  });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.close();
  }
}
