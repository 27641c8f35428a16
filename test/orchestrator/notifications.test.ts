import { MongoClient } from 'mongodb';
import type { TopicMessage } from '../../infra/local/lambda/topics.ts';
import { recordError } from '../../orchestrator/durable/errors.ts';
import type { Run } from '../../orchestrator/durable/run.ts';
import { answers } from '../support/answers.ts';
import { runWords } from '../../orchestrator/registry.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

const messages: TopicMessage[] = [];
let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
let broken = false;
beforeAll(async () => {
  app = await startTestApp({
    context: { notificationEmail: 'trader@example.com', approval: 'always' },
    onMessage: (message) => {
      if (broken) throw new Error('the topic is away');
      messages.push(message);
    },
  });
  client = await new MongoClient(app.mongodbUri).connect();
});
beforeEach(() => {
  messages.length = 0;
  broken = false;
});
afterAll(async () => {
  await client.close();
  await app.close();
});

const invoke = async (event: object) => answerOf<object>(await app.invoke(ORCHESTRATOR, event));
const begin = async (symbol: string) =>
  answers.report.parse(await invoke({ symbols: [symbol], idempotencyKey: 'key' })).runs[0]!;

test('an order that needs approval is asked for once, with the commands that answer it', async () => {
  const { id, steps } = await begin('ASKED');
  await begin('ASKED');
  await invoke({ command: 'resume', id });
  expect(messages).toHaveLength(1);
  const [{ topicArn, subject, text }] = messages as [TopicMessage];
  expect(topicArn).toBe('arn:aws:sns:us-east-1:000000000000:OrbitsTrader-notifications-topic');
  expect(subject).toMatch(/^Approve\? (buy|sell) 1 ASKED at \d+\.\d\d$/);
  expect(text).toContain('waits for 60 minutes');
  expect(steps.map(({ ref }) => ref)).toContain('request-approval');

  for (const command of ['approve', 'reject']) {
    expect(text).toContain(`npm run trader -- ${command} ${id} --function ${ORCHESTRATOR}`);
    expect(text).toContain(`--function-name ${ORCHESTRATOR} --payload fileb:///dev/stdin`);
  }
  // What the message says is what the orchestrator takes.
  const [payload] = /(?<=<<< ')\{.*?\}(?=')/.exec(text) ?? [];
  expect(await invoke(JSON.parse(payload!) as object)).toMatchObject({ outcome: 'approved' });
});

test('an invocation that calls itself a form, as curl has it, is no message', async () => {
  const path = `/2015-03-31/functions/${ORCHESTRATOR}/invocations`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(app.endpoint + path, { method: 'POST', headers, body: '{"command":"list"}' });
  expect(answers.page.parse(await answer.json()).runs.length).toBeGreaterThan(0);
});

test('the result of a run is sent once', async () => {
  const [bought, not] = [await begin('SENT'), await begin('NOT')];
  messages.length = 0;
  await invoke({ command: 'approve', id: bought.id });
  await invoke({ command: 'approve', id: bought.id });
  await invoke({ command: 'reject', id: not.id, note: 'näh' });
  expect(messages.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^(bought|sold) 1 SENT at \d+\.\d\d$/),
    'NOT: no trade',
  ]);
  expect(messages[1]!.text).toContain('There was no trade; rejected: näh.');
  expect(messages[1]!.text).toContain(`Run ${not.id}, key trading/NOT/key`);
});

test('a run whose request can not go out waits all the same, and its result stands', async () => {
  broken = true;
  const { id, waits, steps } = await begin('DEAF');
  expect(waits).toMatchObject([{ ref: 'approval' }]);
  expect(steps.at(-1)).toMatchObject({ ref: 'request-approval', state: 'ERROR' });
  expect(await invoke({ command: 'approve', id })).toMatchObject({ run: { state: 'SUCCESS' } });
  expect(await client.db(app.database).collection('trades').countDocuments({ symbol: 'DEAF' })).toBe(1);
  expect(app.logs.some((line) => line.includes('a message could not be sent'))).toBe(true);
});

describe('a notice', () => {
  const run = (change: Partial<Run>): Run => ({
    ...{
      id: '0'.repeat(24),
      key: 'trading/AMZN/k',
      workflow: 'trading',
      version: 1,
      argument: { symbol: 'AMZN' },
      state: 'SUCCESS',
    },
    ...{
      result: null,
      error: null,
      isUndone: false,
      steps: [],
      waits: [],
      blocked: null,
      startedAt: new Date(),
      endedAt: new Date(),
    },
    ...change,
  });

  test('names a failure by its error', () => {
    const error = recordError(new Error('it broke'));
    expect(runWords.noticeOf(run({ state: 'ERROR', error }))).toMatchObject({
      subject: 'AMZN: the run failed',
      text: expect.stringContaining('Error: it broke') as string,
    });
  });

  test('reports an order that was refused, and not a run that had nothing to do', () => {
    const refused = { refused: 'the market is closed', limit: 'market-closed' };
    expect(runWords.noticeOf(run({ result: refused }))?.text).toContain(
      'There was no trade; the market is closed.',
    );
    expect(runWords.noticeOf(run({ result: { held: 'wait' } }))).toBeUndefined();
    expect(runWords.noticeOf(run({ result: { skipped: 'late' } }))).toBeUndefined();
  });
});
