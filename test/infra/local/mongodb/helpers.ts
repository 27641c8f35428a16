import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import { startStore } from '../../../../infra/local/mongodb/server.ts';
import type { Store, StoreOptions } from '../../../../infra/local/mongodb/server.ts';

export interface TestStore {
  store: Store;
  client: MongoClient;
  db: Db;
  dataDir: string;
  connect(options?: MongoClientOptions): Promise<MongoClient>;
  /** Closes the store and opens it again on the same folder; `client` and `db` are new afterwards. */
  reopen(): Promise<void>;
  stop(): Promise<void>;
}

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'embedded-store-'));
}

/** A store on a folder of its own, with a connected driver; `stop` leaves nothing of it. */
export async function testStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const dataDir = await temporaryFolder();
  const clients: MongoClient[] = [];
  const open = async () => {
    test.store = await startStore({ dataDir, ...options });
    test.client = await test.connect();
    test.db = test.client.db('test');
  };
  const test = {
    dataDir,
    async connect(clientOptions: MongoClientOptions = {}) {
      const client = new MongoClient(test.store.uri, { serverSelectionTimeoutMS: 5000, ...clientOptions });
      clients.push(client);
      return client.connect();
    },
    async reopen() {
      await Promise.all(clients.splice(0).map((client) => client.close()));
      await test.store.close();
      await open();
    },
    async stop() {
      await Promise.all(clients.splice(0).map((client) => client.close()));
      await test.store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  } as TestStore;
  await open();
  return test;
}
