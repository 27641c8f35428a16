import { MongoClient } from 'mongodb';
import { parseMongodbAddress } from '../../functions/shared/secrets/mongodb-address.ts';
import { MongodbFailure } from '../../functions/shared/secrets/mongodb-failure.ts';
import { pidInEndpoint } from './endpoint-file.ts';
import { FolderHeldError, StoreError } from './mongodb/errors.ts';
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

/** Where the local run keeps its state: the embedded store, or your own MongoDB. */
export interface Database {
  readonly uri: string;
  /** Where it is, for messages: never the user, password or options of a URI. */
  readonly place: string;
  close(): Promise<void>;
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { dataDir, mongodbUri, databaseName, fresh, onCommand } = options;
  if (mongodbUri !== undefined) {
    if (fresh) {
      throw new UsageError(
        '--fresh wipes only the embedded store. Unset MONGODB_URI, or drop its database yourself.',
      );
    }
    return { ...(await reachable(mongodbUri)), close: () => Promise.resolve() };
  }
  const store = await startStore({ dataDir, ...(onCommand && { onCommand }) }).catch((error: unknown) => {
    throw ownWatch(error, dataDir);
  });
  await using(store.uri, async (client) => {
    if (fresh) await client.db(databaseName).dropDatabase();
    else await releaseLeases(client, databaseName);
  });
  return { uri: store.uri, place: store.uri, close: () => store.close() };
}

/** The error of a folder that is in use. If a local run uses it, the message says what to do with that run. */
function ownWatch(error: unknown, dataDir: string): unknown {
  if (!(error instanceof FolderHeldError)) return error;
  // The process in the folder's lock is alive. So its run is up, if the endpoint file has the same id.
  if (pidInEndpoint(dataDir) !== error.pid) return error;
  return new StoreError(
    `Your npm start -- --watch (process ${error.pid}) has the data folder ${dataDir}. Press Enter there for a tick, ` +
      'use npm run trader while it runs, or stop it with Ctrl-C. For a second run, give another --data.',
    { cause: error },
  );
}

/**
 * A data folder belongs to one process, and its functions end with it: a holder from the last time is gone. So the runs
 * can be resumed at once. On AWS they wait for the end of the lease.
 */
async function releaseLeases(client: MongoClient, databaseName: string): Promise<void> {
  const held = { 'cronActivity.pending': true };
  await client
    .db(databaseName)
    .collection('actions')
    .updateMany(held, { $set: { 'cronActivity.pending': false } });
}

/** Throws a `UsageError` that names the host, never the password, if no MongoDB answers. */
async function reachable(text: string): Promise<Pick<Database, 'uri' | 'place'>> {
  const { uri, hosts } = addressOf(text);
  try {
    await using(uri, (client) => client.db('admin').command({ ping: 1 }));
  } catch (error) {
    const { message } = MongodbFailure.of(error, hosts);
    throw new UsageError(`MONGODB_URI: ${message} Unset it to use the embedded store.`);
  }
  return { uri, place: hosts };
}

function addressOf(text: string) {
  try {
    return parseMongodbAddress(text, 'MONGODB_URI');
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Unset it to use the embedded store.`, { cause: error });
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
