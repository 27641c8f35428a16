import { MongoClient } from 'mongodb';
import { startCommand, type RunningCommand } from '../support/command.ts';
import { arnOfFunction, arnOfQueue, FakeAws } from '../support/fake-aws.ts';
import { ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// The command line as a process, queues that speak SQS's protocol, and the orchestrator's own bundle behind them.
const QUEUE = 'failed-ticks';
const LIMIT = '15';
const recommendation = 'OrbitsTrader-generate-buy-sell-recommendation';

const fake = new FakeAws();
/** The run of each answer. */
const runs: string[] = [];
let environment: Record<string, string>;
let app: Awaited<ReturnType<typeof startTestApp>>;
beforeAll(async () => {
  app = await startTestApp({
    overrides: {
      [ORCHESTRATOR]: { MAX_TICK_AGE_MINUTES: LIMIT },
      [recommendation]: { SELL_ABOVE: '1000000' },
    },
  });
  environment = await fake.listen();
  fake.functions.set(ORCHESTRATOR, {
    environment: { MAX_TICK_AGE_MINUTES: LIMIT },
    timeoutSeconds: 60,
    memoryMb: 512,
  });
  fake.destinations.set(ORCHESTRATOR, arnOfQueue(QUEUE));
  fake.sqs.queue(QUEUE);
  fake.invoked = async (event) => {
    const result = await app.invoke(app.orchestrator, event);
    if ('payload' in result)
      runs.push((JSON.parse(result.payload) as { runs: { id: string }[] }).runs[0]!.id);
    return result;
  };
});
afterAll(async () => {
  await fake.close();
  await app.close();
});
beforeEach(() => {
  fake.interfere = () => undefined;
});

const trader = (...args: string[]): RunningCommand =>
  startCommand('infra/cli/main.ts', ['dead-letters', '--function', ORCHESTRATOR, ...args], environment);

function put(symbol: string): string {
  const scheduledTime = new Date(Date.now() - 34 * 60_000).toISOString();
  const requestPayload = { command: 'tick', scheduledTime, symbols: [symbol] };
  const requestContext = {
    requestId: 'r',
    functionArn: arnOfFunction(ORCHESTRATOR),
    condition: 'RetriesExhausted',
  };
  return fake.sqs.put(QUEUE, JSON.stringify({ requestContext, requestPayload }));
}

async function trades(symbol: string): Promise<unknown[]> {
  const client = await new MongoClient(app.mongodbUri).connect();
  try {
    return await client.db(app.database).collection('trades').find({ symbol }).toArray();
  } finally {
    await client.close();
  }
}

test('a letter that is too old is listed, refused without --late, and with it one trade', async () => {
  const id = put('LATE');
  const listed = await trader().finished;
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toMatch(new RegExp(`^${id}  tick .*too old: 3\\d minutes, the limit is 15; `, 'm'));

  const refused = await trader('--redrive', id).finished;
  expect(refused).toMatchObject({ code: 1, stderr: '1 of 1 letters are left, see above.\n' });
  expect(refused.stdout).toContain('give --late, or --delete it');
  expect(await trades('LATE')).toEqual([]);

  const sent = await trader('--redrive', 'all', '--late').finished;
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  expect(sent.stdout).toMatch(new RegExp(`^${id}  redriven  tick .*: 1 runs: 1 traded$`));
  expect(await trades('LATE')).toHaveLength(1);
  expect(fake.sqs.queue(QUEUE)).toEqual([]);
});

test('a command that is killed after it sent a letter, and before it deleted it, makes no second trade', async () => {
  const id = put('KILLED');
  const first = trader('--redrive', id, '--late');
  fake.interfere = (action) => {
    if (action !== 'AmazonSQS.DeleteMessage') return undefined;
    first.kill('SIGKILL');
    return 500;
  };
  expect((await first.finished).signal).toBe('SIGKILL');
  expect(await trades('KILLED')).toHaveLength(1);
  fake.interfere = () => undefined;
  expect(fake.sqs.visible(QUEUE)).toEqual([]);
  fake.sqs.advance(121);
  expect(fake.sqs.visible(QUEUE)).toEqual([id]);

  const again = await trader('--redrive', id, '--late').finished;
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(fake.sqs.queue(QUEUE)).toEqual([]);
  expect(await trades('KILLED')).toHaveLength(1);
});

test('a letter that can not be deleted is said to be left, and sent again it is the same run', async () => {
  const id = put('TWICE');
  fake.interfere = (action) => (action === 'AmazonSQS.DeleteMessage' ? 500 : undefined);
  const failed = await trader('--redrive', id, '--late').finished;
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/left +it was sent, but not deleted; to send it again does no harm/);
  fake.interfere = () => undefined;
  fake.sqs.advance(121);
  expect((await trader('--redrive', id, '--late').finished).code).toBe(0);
  expect(runs.at(-1)).toBe(runs.at(-2));
  expect(await trades('TWICE')).toHaveLength(1);
});
