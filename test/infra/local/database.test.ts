import { openDatabase } from '../../../infra/local/database.ts';
import { startStore } from '../../../infra/local/mongodb/server.ts';
import { guardStore } from '../../support/guarded-store.ts';
import { temporaryFolder } from '../../support/local-app.ts';

const PASSWORD = 'open-sesame';

test('of MONGODB_URI, nothing but the hosts is for messages', async () => {
  const folder = temporaryFolder();
  const store = await startStore({ dataDir: folder.path });
  const guarded = await guardStore(store.uri, PASSWORD, 'unused');
  const options = { dataDir: folder.path, databaseName: 'd', fresh: false };
  const database = await openDatabase({ ...options, mongodbUri: guarded.uri(PASSWORD) });
  const { uri, place } = database;
  expect(uri).toContain(PASSWORD);
  expect(place).toBe(`127.0.0.1:${/:(\d+)\/|:(\d+)$/.exec(uri.split('@')[1]!)![1]}`);
  await database.close();
  await guarded.close();
  await store.close();
  folder.remove();
});
