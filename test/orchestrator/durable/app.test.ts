import { startStore } from '../../../infra/local/mongodb/server.ts';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { connectedApp } from '../../../orchestrator/durable/app.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { Changing, Echo, script } from '../../support/counting.ts';
import { newKey, silent } from '../../support/durable-app.ts';
import { temporaryFolder } from '../../support/local-app.ts';

test('a failed connect is tried again, and a connection is shared by all who ask', async () => {
  const folder = temporaryFolder();
  const store = await startStore({ dataDir: folder.path });
  const declare = [Changing, Echo];
  const unreachable = {
    declare,
    uri: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100',
    database: 'test',
    historyDays: 30,
  };
  await expect(connectedApp(() => Promise.resolve(unreachable))).rejects.toThrow(/ECONNREFUSED/);
  await expect(connectedApp(() => Promise.reject(new Error('no secret')))).rejects.toThrow('no secret');

  const reachable = () => Promise.resolve({ declare, uri: store.uri, database: 'test', historyDays: 30 });
  const [app, same] = await Promise.all([connectedApp(reachable), connectedApp(reachable)]);
  expect(same).toBe(app);
  script.define = (workflow) => workflow.echo('only', 'x');
  const run = await new Runner(backendOf(app), silent, { remainingMs: () => 60_000, stepMs: 0 }).run({
    key: newKey(),
    workflow: new Changing(),
  });
  expect(run.state).toBe('SUCCESS');

  await app.db.mongo!.conn!.close();
  await store.close();
  folder.remove();
});
