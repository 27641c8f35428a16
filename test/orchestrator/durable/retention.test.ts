import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { ensureIndexes } from '../../../orchestrator/durable/indexes.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { Changing, Echo, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo], { ttlSweepSeconds: 0.05 });
});
afterAll(() => test_.close());

const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
const documents = (key: string) =>
  test_.actions.countDocuments({
    _id: runId(key),
  });
/** As though the run, and what it has recorded so far, were of that many days ago. */
const age = (key: string, days: number) =>
  test_.actions.updateMany({ 'filter.key': key, 'bag.endedAt': { $exists: true } }, [
    { $set: { 'bag.endedAt': { $dateSubtract: { startDate: '$$NOW', unit: 'day', amount: days } } } },
  ]);

test('a finished run is removed after the configured days, and nothing else is', async () => {
  const [old, recent, waiting] = [newKey(), newKey(), newKey()];
  script.define = (workflow) => workflow.echo('only', 'x');
  await start(old);
  await start(recent);
  script.define = async (workflow) => {
    await workflow.echo('before', 'x');
    await workflow.sleep('long', { days: 60 });
  };
  await start(waiting);

  await age(recent, 29);
  await age(waiting, 31);
  await age(old, 31);
  // The test's own time limit is the only clock.
  while ((await documents(old)) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await documents(recent)).toBe(1);
  expect(await documents(waiting)).toBe(1);
});

test('another number of days takes the place of the first', async () => {
  await ensureIndexes(backendOf(test_.app), 7);
  await ensureIndexes(backendOf(test_.app), 7);
  const indexes = await test_.actions.indexes();
  expect(indexes.map(({ name }) => name as string)).toEqual([
    '_id_',
    'open',
    'overlap',
    'ticks',
    'newest',
    'retention',
  ]);
  expect(indexes.find(({ name }) => name === 'retention')).toMatchObject({ expireAfterSeconds: 604_800 });
});
