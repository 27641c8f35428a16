import { LambdaClient } from '@aws-sdk/client-lambda';
import type { ActionApp } from '@wbce/orbits-core';
import { MongoClient } from 'mongodb';
import { useInvoker } from '../../orchestrator/actions/invoke-function-action.ts';
import { LambdaInvoker } from '../../orchestrator/actions/lambda-invoker.ts';
import type { Config } from '../../orchestrator/config.ts';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import { connectedApp, disconnectApp } from '../../orchestrator/durable/app.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { registry } from '../../orchestrator/registry.ts';
import { toReport } from '../../orchestrator/protocol/report.ts';
import { runTick, UnfinishedTickError } from '../../orchestrator/tick/run-tick.ts';
import type { Trigger } from '../../orchestrator/tick/trigger.ts';
import { toTick } from '../../orchestrator/trading/start-commands.ts';
import { silent } from '../support/durable-app.ts';
import { startTestApp } from '../support/local-app.ts';

// The orchestrator's own code in this process, where a test says how much time is left; all else is the real app's.
let app: Awaited<ReturnType<typeof startTestApp>>;
let orbits: ActionApp;
let client: MongoClient;
beforeAll(async () => {
  app = await startTestApp();
  const { mongodbUri: uri, database, endpoint } = app;
  orbits = await connectedApp(() => Promise.resolve({ declare: registry, uri, database, historyDays: 30 }));
  client = await new MongoClient(uri).connect();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const lambda = new LambdaClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  useInvoker(new LambdaInvoker(lambda, (name) => `OrbitsTrader-${name}`));
});
afterAll(async () => {
  await disconnectApp();
  await client.close();
  await app.close();
});

const symbols = Array.from({ length: 60 }, (_, index) => `S${index}`);
const at = '2026-01-05T14:30:00Z';
const log = { runFailed: () => undefined };

/** One invocation, whose time is up when it has begun so many runs. */
async function invoke(trigger: Partial<Trigger>, runsInTime: number) {
  let begun = 0;
  const remainingMs = () => (begun >= runsInTime ? 14_000 : 60_000);
  const observer = { ...silent, runClaimed: () => void begun++ };
  const runner = new Runner(backendOf(orbits), observer, { remainingMs, stepMs: 15_000 });
  const config: Pick<Config, 'size' | 'approval' | 'checkLimits' | 'decidesOnBars'> = {
    size: { qty: '1' },
    approval: undefined,
    checkLimits: false,
    decidesOnBars: false,
  };
  const tick = toTick(
    { key: at, at, overlap: 'skip', isRedelivered: false, ...trigger },
    symbols,
    undefined,
    config,
  );
  const { runs, remaining } = await runTick(tick, runner, log);
  return toReport(tick.key, runs, remaining);
}

const trades = (of: string) =>
  client
    .db(app.database)
    .collection('actions')
    .countDocuments({ actionRef: 'trading', 'filter.tick': of, 'result.id': { $exists: true } });
const onRecord = (of: string) =>
  client.db(app.database).collection('actions').countDocuments({ actionRef: 'trading', 'filter.tick': of });

test('a tick whose time is up puts the rest on record, and fails, so that it is delivered again', async () => {
  const scheduled = { isRedelivered: true };
  const unfinished = invoke(scheduled, 20);
  await expect(unfinished).rejects.toThrow(UnfinishedTickError);
  await expect(unfinished).rejects.toThrow(/^\d+ of 60 runs were not started within the time limit/);
  expect(await onRecord(at)).toBe(60);
  expect(await trades(at)).toBeLessThan(60);

  // Each delivery begins some more, and the last one ends it.
  let deliveries = 1;
  for (; deliveries < 10; deliveries++) {
    if (
      await invoke(scheduled, 30).then(
        () => true,
        () => false,
      )
    )
      break;
  }
  expect(deliveries).toBeGreaterThan(1);
  const { counts } = await invoke(scheduled, Infinity);
  expect(counts).toMatchObject({ traded: 60, inProgress: 0 });
  expect(await trades(at)).toBe(60);
});

test('a tick that is not delivered again is resumed by the next one, before its own runs', async () => {
  const key = '2026-01-05T14:35:00Z';
  const { counts, runs } = await invoke({ key }, 5);
  expect(counts.inProgress + counts.traded).toBe(60);
  expect(counts.inProgress).toBeGreaterThan(40);
  expect(runs.at(-1)).toMatchObject({ waits: [{ reason: 'the invocation had no time left to start it' }] });
  expect(await onRecord(key)).toBe(60);

  const next = '2026-01-05T14:40:00Z';
  const report = await invoke({ key: next }, Infinity);
  // No symbol is passed over for its earlier run, which has ended by then.
  expect(report.counts).toMatchObject({ traded: 60 + counts.inProgress, skipped: 0 });
  expect(await trades(key)).toBe(60);
  expect(await trades(next)).toBe(60);
});
