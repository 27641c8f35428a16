import { startStore } from '../../../infra/local/mongodb/server.ts';
import { connectedApp, disconnectApp } from '../../../orchestrator/durable/app.ts';
import { Changing, Echo } from '../../support/counting.ts';
import { temporaryFolder } from '../../support/local-app.ts';

test('another number of days for the history takes the place of the one before', async () => {
  const folder = temporaryFolder();
  const store = await startStore({ dataDir: folder.path });
  const expiry = async (historyDays: number) => {
    const options = { declare: [Changing, Echo], uri: store.uri, database: 'test', historyDays };
    const app = await connectedApp(() => Promise.resolve(options));
    const indexes = await app.ActionModel.collection.listIndexes().toArray();
    await disconnectApp();
    return indexes.map((index: { name: string; expireAfterSeconds?: number }) => [
      index.name,
      (index.expireAfterSeconds ?? 0) / 86_400 || undefined,
    ]);
  };
  const others = [
    ['_id_', undefined],
    ['unfinished', undefined],
    ['steps', undefined],
  ];
  expect(await expiry(30)).toEqual([...others, ['history', 30]]);
  expect(await expiry(90)).toEqual([...others, ['history', 90]]);
  expect(await expiry(90)).toEqual([...others, ['history', 90]]);
  await store.close();
  folder.remove();
});
