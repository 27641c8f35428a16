import { getSecret } from '@aws-lambda-powertools/parameters/secrets';
import { MongoClient, type Collection } from 'mongodb';
import { requiredVariable } from '../shared/environment.ts';
import type { TradeDocument } from './trade-document.ts';

let connecting: Promise<MongoClient> | undefined;

/** The ledger, over one connection that warm invocations share; a failed connect is tried again by the next one. */
export async function tradesCollection(): Promise<Collection<TradeDocument>> {
  connecting ??= connect().catch((error: unknown) => {
    connecting = undefined;
    throw error;
  });
  const client = await connecting;
  return client.db(requiredVariable('MONGODB_DATABASE')).collection<TradeDocument>('trades');
}

async function connect(): Promise<MongoClient> {
  const secretId = requiredVariable('MONGODB_SECRET_ID');
  const uri = await getSecret(secretId, { maxAge: 60 });
  if (typeof uri !== 'string' || uri === '') {
    throw new Error(`The secret ${secretId} holds no text; store the MongoDB URI in it.`);
  }
  return newClient(uri, secretId).connect();
}

/** The driver's complaint of a malformed URI quotes it, password and all, so it goes no further than here. */
function newClient(uri: string, secretId: string): MongoClient {
  try {
    return new MongoClient(uri, {
      appName: 'orbits-trader-ledger',
      serverSelectionTimeoutMS: 4_000,
      // Without it, a command whose answer never comes would hold the Lambda until its limit.
      socketTimeoutMS: 5_000,
      // One invocation at a time runs in a Lambda environment.
      maxPoolSize: 1,
      writeConcern: { w: 'majority' },
    });
  } catch {
    throw new Error(
      `The secret ${secretId} holds a malformed MongoDB URI. Store one such as mongodb+srv://USER:PASSWORD@HOST.`,
    );
  }
}
