import { MongoClient } from 'mongodb';
import { Types } from 'mongoose';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { connectedApp, disconnectApp } from '../../../orchestrator/durable/app.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import type { Report } from '../../../orchestrator/protocol/report.ts';
import { registry } from '../../../orchestrator/registry.ts';
import { answers } from '../../support/answers.ts';
import { answerOf, errorOf, ORCHESTRATOR, startTestApp } from '../../support/local-app.ts';

// The trading workflow as it is shipped, and what persons do to its runs.
let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
let control: RunControl;
async function open(overrides: Record<string, string>) {
  app = await startTestApp({ overrides: { [ORCHESTRATOR]: { APPROVE_ABOVE: '0', ...overrides } } });
  const { mongodbUri: uri, database } = app;
  client = await new MongoClient(uri).connect();
  // The durable layer in this process: what a person did whose orchestrator died before it resumed the run.
  const options = { declare: registry, uri, database, historyDays: 30 };
  control = new RunControl(backendOf(await connectedApp(() => Promise.resolve(options))));
}
async function close() {
  await disconnectApp();
  await client.close();
  await app.close();
}

const invoke = async (event: object) => answerOf(await app.invoke(ORCHESTRATOR, event));
const refused = async (event: object) => errorOf(await app.invoke(ORCHESTRATOR, event));
const outcome = async (event: object) => answers.outcome.parse(await invoke(event));
const trades = (symbol: string) => client.db(app.database).collection('trades').countDocuments({ symbol });
const waits = { state: 'IN_PROGRESS', waits: [{ ref: 'approval' }], blocked: null };
const begin = async (symbol: string): Promise<Report['runs'][number]> => {
  const { runs } = answers.report.parse(await invoke({ symbols: [symbol] }));
  expect(runs[0]).toMatchObject(waits);
  return runs[0]!;
};
const isCancelled = { state: 'ERROR', error: { name: 'RunCancelledError' } };

/** No function of this app may publish to it: each request for approval fails. */
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:away';

describe.each<[string, boolean, Record<string, string>]>([
  ['can not be notified', true, { NOTIFICATIONS_TOPIC_ARN: TOPIC }],
  ['is not to be notified', false, {}],
])('where a person %s,', (_, isAway, overrides) => {
  beforeAll(() => open(overrides));
  afterAll(close);

  test('a run that waits, is cancelled and retried asks again, and trades once it is approved', async () => {
    const symbol = 'RTRY';
    const { id, steps } = await begin(symbol);
    const last = isAway ? { ref: 'request-approval', state: 'ERROR' } : { ref: 'generate-recommendation' };
    expect(steps.at(-1)).toMatchObject(last);
    for (let time = 0; time < 3; time++) {
      expect(await outcome({ command: 'cancel', id })).toMatchObject({
        outcome: 'cancelled',
        run: isCancelled,
      });
      expect(await outcome({ command: 'retry', id })).toMatchObject({ outcome: 'retried', run: waits });
    }
    expect(await trades(symbol)).toBe(0);
    expect(await outcome({ command: 'approve', id })).toMatchObject({
      outcome: 'approved',
      run: { state: 'SUCCESS', result: { symbol } },
    });
    expect(await trades(symbol)).toBe(1);
  });

  test('a run that is cancelled refuses an approval, and a retry asks again before it trades', async () => {
    const symbol = 'CNCL';
    const { id } = await begin(symbol);
    // No pass has ended the run yet.
    expect(await control.cancel(new Types.ObjectId(id), 'no more')).toBe('cancelled');
    expect(await refused({ command: 'approve', id })).toMatchObject({
      errorType: 'RefusedError',
      errorMessage: expect.stringContaining('was cancelled') as string,
    });
    await invoke({ command: 'resume', id });
    expect(await refused({ command: 'approve', id })).toMatchObject({
      errorMessage: expect.stringContaining('does not wait for approval') as string,
    });
    expect(await outcome({ command: 'retry', id })).toMatchObject({ run: waits });
    expect(await trades(symbol)).toBe(0);
    await outcome({ command: 'approve', id });
    expect(await trades(symbol)).toBe(1);
  });

  const refs = ['check-stock-price', 'generate-recommendation', ...(isAway ? ['request-approval'] : [])];
  test.each([...refs, undefined])(
    'a cancelled run is retried, with `from` %s, and is not blocked',
    async (from) => {
      const symbol = `FR${from?.slice(0, 1) ?? ''}`.toUpperCase();
      const { id } = await begin(symbol);
      await outcome({ command: 'cancel', id });
      const event = { command: 'retry', id, ...(from !== undefined && { from }) };
      expect(await outcome(event)).toMatchObject({ run: { blocked: null, state: 'IN_PROGRESS' } });
      await invoke({ command: 'resume', id });
      expect(await outcome({ command: 'approve', id })).toMatchObject({ run: { state: 'SUCCESS' } });
      expect(await trades(symbol)).toBe(1);
    },
  );

  test('a run that is rejected stays so: a retry and an approval are refused', async () => {
    const symbol = 'RJCT';
    const { id } = await begin(symbol);
    await outcome({ command: 'reject', id });
    expect(await refused({ command: 'retry', id })).toMatchObject({ errorType: 'RefusedError' });
    expect(await outcome({ command: 'approve', id })).toMatchObject({ outcome: 'already-rejected' });
    expect(await trades(symbol)).toBe(0);
  });

  test('two persons at once: one approves, one cancels, and both answers are true', async () => {
    for (let round = 0; round < 5; round++) {
      const symbol = `BOTH${round}`;
      const { id } = await begin(symbol);
      const [approved, cancelled] = await Promise.all([
        app.invoke(ORCHESTRATOR, { command: 'approve', id }),
        app.invoke(ORCHESTRATOR, { command: 'cancel', id }),
      ]);
      await invoke({ command: 'resume', id });
      const { run } = answers.run.parse(await invoke({ command: 'show', id }));
      expect(await trades(symbol)).toBe(run.state === 'SUCCESS' ? 1 : 0);
      if (run.state === 'SUCCESS') expect(answerOf(approved)).toMatchObject({ outcome: 'approved' });
      else expect(answerOf(cancelled)).toMatchObject({ outcome: 'cancelled' });
    }
  });
});
