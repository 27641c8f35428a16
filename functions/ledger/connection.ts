import { MongoClient, MongoServerError, type ClientSession, type Collection } from 'mongodb';
import { requiredVariable } from '../shared/environment.ts';
import { mongodbAddress } from '../shared/mongodb-address.ts';
import { MongodbFailure } from '../shared/secrets/mongodb-failure.ts';
import type { AccountDocument, AdjustmentDocument, TradeDocument } from '../contracts/ledger.ts';
import type { Book } from './book.ts';

/** The ledger's collections. */
export interface Ledger {
  trades: Collection<TradeDocument>;
  books: Collection<Book>;
  /** The same collection as `books`. */
  account: Collection<AccountDocument>;
  /** Positions that were made the broker's by command. */
  adjustments: Collection<AdjustmentDocument>;
  /** Causally consistent: a read in it sees what was written in it, and all that was written before that. */
  session?: ClientSession;
}

/** What decides something asks for this, whatever the URI says: no answer from a member that may have to forget it. */
const DECIDING = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority' },
} as const;

let connecting: Promise<MongoClient> | undefined;

/**
 * Works on the ledger, over one connection that warm invocations share; a failed connect is tried again by the next
 * one. Where MongoDB refuses the password, the secret is read again and the work done once more: a password that was
 * rotated needs no deployment.
 *
 * @param work harmless to repeat
 */
export async function withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  try {
    return await inSession(await clientOf(), work);
  } catch (error) {
    // A client whose server went away may never find it again (mongodb 6.20), so the next invocation has a new one.
    if (isConnectionFailure(error)) await disconnect();
    if (!isAuthenticationFailure(error)) throw error;
    await disconnect();
    return inSession(await clientOf({ freshSecret: true }), work);
  }
}

async function inSession<T>(client: MongoClient, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const db = client.db(requiredVariable('MONGODB_DATABASE'));
  const collections = {
    trades: db.collection<TradeDocument>('trades', DECIDING),
    books: db.collection<Book>('books', DECIDING),
    account: db.collection<AccountDocument>('books', DECIDING),
    adjustments: db.collection<AdjustmentDocument>('adjustments', DECIDING),
  };
  return client.withSession({ causalConsistency: true }, (session) => work({ ...collections, session }));
}

function clientOf({ freshSecret = false } = {}): Promise<MongoClient> {
  connecting ??= connect(freshSecret).catch((error: unknown) => {
    connecting = undefined;
    throw error;
  });
  return connecting;
}

/** What the driver throws may quote the URI, so its errors go no further than here. */
async function connect(freshSecret: boolean): Promise<MongoClient> {
  const { uri, hosts } = await mongodbAddress(freshSecret);
  try {
    return await newClient(uri).connect();
  } catch (error) {
    throw MongodbFailure.of(error, hosts);
  }
}

async function disconnect(): Promise<void> {
  const client = await connecting?.catch(() => undefined);
  connecting = undefined;
  await client?.close();
}

function newClient(uri: string): MongoClient {
  return new MongoClient(uri, {
    appName: 'orbits-trader-ledger',
    serverSelectionTimeoutMS: 4_000,
    connectTimeoutMS: 4_000,
    // Without it, a command whose answer never comes would hold the Lambda until its limit.
    socketTimeoutMS: 5_000,
    // One invocation at a time runs in a Lambda environment.
    maxPoolSize: 1,
    writeConcern: { w: 'majority' },
    retryWrites: true,
  });
}

const AUTHENTICATION_FAILED = 18;
/** Whatever Atlas's own front refuses, a wrong password among it. */
const ATLAS_ERROR = 8000;

function isAuthenticationFailure(error: unknown): boolean {
  if (!(error instanceof MongoServerError || error instanceof MongodbFailure)) return false;
  return error.code === AUTHENTICATION_FAILED || (error.code === ATLAS_ERROR && /auth/i.test(error.message));
}

function isConnectionFailure(error: unknown): boolean {
  return error instanceof Error && /^Mongo(Network|PoolCleared|ServerSelection)/.test(error.name);
}
