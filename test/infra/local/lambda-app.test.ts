import { readStack } from '../../../infra/local/template.ts';
import { synthesize } from '../../../infra/local/synthesize.ts';
import { assemblyDir, ORCHESTRATOR, root, startTestApp } from '../../support/local-app.ts';

const send = (endpoint: string, event: object) =>
  fetch(`${endpoint}/2015-03-31/functions/${ORCHESTRATOR}/invocations`, {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    body: JSON.stringify(event),
  });

test('the template says how long an event is tried', async () => {
  const { functions } = readStack(await synthesize(root, assemblyDir));
  const settings = Object.fromEntries(functions.map(({ name, asynchronous }) => [name, asynchronous]));
  expect(settings[ORCHESTRATOR]).toEqual({
    maximumRetryAttempts: 2,
    maximumEventAgeMs: 300_000,
    onFailure: 'OrbitsTrader-failed-ticks',
  });
  expect(settings['OrbitsTrader-buy-stock']).toEqual({
    maximumRetryAttempts: 2,
    maximumEventAgeMs: 21_600_000,
  });
});

test('an event that was given up on is one line of the log, and one under way is done before the app is closed', async () => {
  const waits: number[] = [];
  let onFailed: (line: string) => void = () => undefined;
  const failed = new Promise<string>((resolve) => (onFailed = resolve));
  const logs: string[] = [];
  const app = await startTestApp({
    clock: {
      now: () => 0,
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
    onLog: (_, line) => {
      logs.push(line);
      if (line.includes('the event was given up on')) onFailed(line);
    },
  });
  try {
    expect((await send(app.endpoint, { command: 'nope' })).status).toBe(202);
    expect(JSON.parse(await failed)).toMatchObject({
      level: 'ERROR',
      onFailure: 'OrbitsTrader-failed-ticks',
      event: {
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
        requestPayload: { command: 'nope' },
        responsePayload: { errorType: 'InvalidEventError' },
      },
    });
    expect(waits).toEqual([60_000, 120_000]);
    expect((await send(app.endpoint, { symbols: ['AMZN'], idempotencyKey: 'drained' })).status).toBe(202);
  } finally {
    await app.close();
  }
  const ended = logs.filter((line) => line.includes('"run ended"') && line.includes('/drained'));
  expect(ended).toHaveLength(1);
  expect(JSON.parse(ended[0]!)).toMatchObject({ state: 'SUCCESS' });
  await expect(send(app.endpoint, {})).rejects.toThrow('fetch failed');
});
