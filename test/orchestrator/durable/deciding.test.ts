import type { ActionApp } from '@wbce/orbits-core';
import { connectedApp, disconnectApp } from '../../../orchestrator/durable/app.ts';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { newKey, silent } from '../../support/durable-app.ts';
import { carelessOf, startCarelessStore, type Sent } from '../../support/spied-store.ts';

// What decides something asks for primary, majority and retried writes, whatever the URI says.
let store: Awaited<ReturnType<typeof startCarelessStore>>;
let app: ActionApp;
let clock: ReturnType<typeof holdClock>;
const sent: Sent[] = [];
beforeAll(async () => {
  store = await startCarelessStore();
  const { uri, database } = store;
  const declare = [Changing, Echo, Refuse];
  app = await connectedApp(() => Promise.resolve({ declare, uri, database, historyDays: 30 }));
  app.db
    .mongo!.conn!.getClient()
    .on('commandStarted', ({ command }: { command: object }) => sent.push(command as Sent));
});
afterAll(async () => {
  await disconnectApp();
  await store.close();
});
beforeEach(() => {
  clock = holdClock();
  sent.length = 0;
});
afterEach(() => clock.release());

const runner = () => new Runner(backendOf(app), silent, { remainingMs: () => 60_000, stepMs: -1 });
const start = (key: string, filter = {}) => runner().run({ key, workflow: new Changing(), filter });
const control = () => new RunControl(backendOf(app));
const commands = () => new Set(sent.map((command) => Object.keys(command)[0]!));

async function expectAllToDecide(...names: string[]) {
  expect([...commands()]).toEqual(expect.arrayContaining(names));
  expect(carelessOf(sent, ['actions', 'history'])).toEqual([]);
  return Promise.resolve();
}

test('a run that is started, found, and resumed', async () => {
  script.define = async (workflow) => {
    await workflow.echo('first', 'a');
    await workflow.sleep('an hour', { hours: 1 });
    return workflow.echo('second', 'b');
  };
  const key = newKey();
  const filter = { overlap: newKey() };
  await start(key, filter);
  await start(key, filter);
  const second = { key: newKey(), workflow: new Changing(), filter, start: { overlap: 'skip' as const } };
  clock.put(1);
  expect(await runner().run(second)).toMatchObject({
    state: 'SUCCESS',
    result: { skipped: expect.any(String) as string },
  });
  clock.put(3_600_000);
  for (const { id } of await runner().findOpen([filter.overlap], 10)) await runner().resume(id);
  expect(await start(key, filter)).toMatchObject({ state: 'SUCCESS' });
  await expectAllToDecide('findAndModify', 'find', 'update');
});

test('a run whose history has pages, and that is retried', async () => {
  script.define = async (workflow) => {
    for (let part = 0; part < 4; part++) await workflow.do(`large ${part}`, () => 'x'.repeat(20_000));
    await workflow.do('refused', new Refuse());
  };
  const key = newKey();
  expect(await start(key)).toMatchObject({ state: 'ERROR' });
  expect(await runner().retry(runId(key))).toMatchObject({ state: 'ERROR' });
  expect(await runner().retry(runId(key), 'large 0')).toMatchObject({ state: 'ERROR' });
  await expectAllToDecide('findAndModify', 'find', 'update', 'insert');
});

test('a run that is listed, shown, signalled and cancelled', async () => {
  script.define = (workflow) => workflow.waitFor('approval', { timeout: { hours: 1 } });
  const [approved, cancelled] = [newKey(), newKey()];
  await start(approved);
  await start(cancelled);
  await control().list({ limit: 10, state: 'IN_PROGRESS' });
  await control().find(runId(approved));
  await control().signal(runId(approved), 'approval', { approved: true });
  await control().signal(runId(approved), 'approval', { approved: false });
  await control().cancel(runId(cancelled), 'no more');
  expect(await start(approved)).toMatchObject({ state: 'SUCCESS' });
  expect(await start(cancelled)).toMatchObject({ state: 'ERROR' });
  expect(await control().cancel(runId(cancelled), 'no more')).toBe('ended');
  await expectAllToDecide('findAndModify', 'find', 'update');
});
