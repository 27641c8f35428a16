import { request } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import { Callers } from '../../../infra/local/lambda/callers.ts';
import { EventQueue, type FailedEvent } from '../../../infra/local/lambda/event-queue.ts';
import { Functions } from '../../../infra/local/lambda/functions.ts';
import { AwsService } from '../../../infra/local/lambda/service.ts';
import type { LocalFunction } from '../../../infra/local/template.ts';
import { temporaryFolder } from '../../support/local-app.ts';

const NAME = 'OrbitsTrader-f';
const ARN = `arn:aws:lambda:us-east-1:000000000000:function:${NAME}`;

/** A function that does what its event says. */
const SOURCE = `
let failures = 0;
export async function handler(event, context) {
  for (const line of event?.print ?? []) console.log(line);
  for (const line of event?.warn ?? []) console.error(line);
  if (event?.unfinished) process.stdout.write(event.unfinished);
  if (event?.exit) process.exit(event.exit);
  if (event?.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event?.failures > failures++) throw new TypeError('failure ' + failures);
  failures = 0;
  const { awsRequestId, clientContext, functionVersion, invokedFunctionArn } = context;
  return { event, awsRequestId, clientContext, functionVersion, invokedFunctionArn };
}`;

const folder = temporaryFolder();
const lines: string[] = [];
const waits: number[] = [];
const failed: FailedEvent[] = [];
let onSettled: () => void;
let service: AwsService;
let functions: Functions;
let events: EventQueue;
let endpoint: string;
let client: LambdaClient;

beforeAll(async () => {
  writeFileSync(join(folder.path, 'index.mjs'), SOURCE);
  const fn: LocalFunction = {
    name: NAME,
    file: join(folder.path, 'index.mjs'),
    exportName: 'handler',
    environment: {},
    runtime: 'nodejs24.x',
    timeoutMs: 5_000,
    memoryMb: 128,
    permissions: [],
    asynchronous: { maximumRetryAttempts: 2, maximumEventAgeMs: 300_000 },
  };
  service = new AwsService(new Callers(), 'secret', {});
  endpoint = await service.listen();
  functions = new Functions([fn], {
    shared: { PATH: process.env['PATH'] ?? '' },
    onLog: (_, line) => lines.push(line),
    onInvocation: ({ phase, payload }) => {
      if (phase === 'answered' && payload.includes('"settles"')) onSettled();
    },
  });
  events = new EventQueue({
    invoke: (target, invocation) => functions.run(target, invocation),
    onFailure: (_, event) => {
      failed.push(event);
      onSettled();
    },
    clock: {
      now: () => 0,
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  });
  service.serve(functions, events);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new LambdaClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterAll(async () => {
  client.destroy();
  await events.close();
  await Promise.all([service.close(), functions.close()]);
  folder.remove();
});

beforeEach(() => {
  lines.length = 0;
  waits.length = 0;
  failed.length = 0;
});

async function invoke(event: unknown, options: Partial<InvokeCommandInput> = {}) {
  const command = new InvokeCommand({ FunctionName: NAME, Payload: JSON.stringify(event), ...options });
  const { Payload, LogResult, $metadata, ...rest } = await client.send(command);
  const text = Payload?.transformToString() ?? '';
  const log = LogResult === undefined ? undefined : Buffer.from(LogResult, 'base64').toString();
  return { ...rest, answer: text && (JSON.parse(text) as unknown), log, requestId: $metadata.requestId };
}

const refusalOf = async (call: Promise<unknown>) =>
  call.then(
    () => 'It was taken.',
    ({ name, message, $metadata }: Error & { $metadata: { httpStatusCode: number } }) =>
      `${$metadata.httpStatusCode} ${name}: ${message}`,
  );

describe('a function of the local Lambda API', () => {
  test.each([
    [NAME, undefined, ARN],
    [`000000000000:function:${NAME}`, undefined, ARN],
    [`function:${NAME}`, undefined, ARN],
    [ARN, undefined, ARN],
    [`${ARN}:$LATEST`, undefined, `${ARN}:$LATEST`],
    [NAME, '$LATEST', `${ARN}:$LATEST`],
    [`${NAME}:$LATEST`, '$LATEST', `${ARN}:$LATEST`],
  ])('is found by %s and the version %s', async (FunctionName, Qualifier, invokedFunctionArn) => {
    const { answer, requestId, ...rest } = await invoke({ a: 1 }, { FunctionName, Qualifier });
    expect(rest).toEqual({ StatusCode: 200, ExecutedVersion: '$LATEST', log: undefined });
    expect(answer).toEqual({
      event: { a: 1 },
      awsRequestId: requestId,
      functionVersion: '$LATEST',
      invokedFunctionArn,
    });
  });

  test.each([
    [
      'nope',
      undefined,
      '404 ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope. There are: OrbitsTrader-f.',
    ],
    [
      NAME,
      '1',
      `404 ResourceNotFoundException: Function not found: ${ARN}:1. Its only version here is $LATEST.`,
    ],
    [`${NAME}:live`, undefined, `404 ResourceNotFoundException: Function not found: ${ARN}:live.`],
    [`${NAME}:1`, '2', '400 InvalidParameterValueException: The derived qualifier'],
    [
      ARN.replace('us-east-1', 'eu-west-1'),
      undefined,
      "404 ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    ],
    [
      `123456789012:function:${NAME}`,
      undefined,
      '403 AccessDeniedException: User: arn:aws:iam::000000000000:user/local is not authorized',
    ],
    [
      '100%',
      undefined,
      "400 ValidationException: 1 validation error detected: Value '100%' at 'functionName'",
    ],
  ])('is not found by %s and the version %s', async (FunctionName, Qualifier, refusal) => {
    expect(await refusalOf(invoke({}, { FunctionName, Qualifier }))).toContain(refusal);
  });

  test.each([
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { host: 'evil.example' },
  ])('is not run by a page in a browser: %j', async (headers) => {
    const path = `/2015-03-31/functions/${NAME}/invocations`;
    const { hostname, port } = new URL(endpoint);
    const status = await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject).end('{"print":["it ran"]}');
    });
    expect(status).toBe(403);
    expect(lines.join()).not.toContain('it ran');
  });

  test('is not run by a request that Lambda refuses', async () => {
    const send = (headers: Record<string, string>, body: Buffer | string = '{"print":["it ran"]}') =>
      fetch(`${endpoint}/2015-03-31/functions/${NAME}/invocations`, { method: 'POST', headers, body });
    const answers = [
      await send({ 'x-amz-invocation-type': 'Later' }),
      await send({ 'x-amz-log-type': 'All' }),
      await send({ 'x-amz-client-context': '???' }),
      await send({}, Buffer.from('{"print":["it ran \xff"]}', 'latin1')),
      await send({ 'x-amz-invocation-type': 'Event' }, Buffer.from('{"print":["it ran \xff"]}', 'latin1')),
    ];
    expect(answers.map(({ status, headers }) => `${status} ${headers.get('x-amzn-errortype')}`)).toEqual([
      '400 ValidationException',
      '400 ValidationException',
      '400 InvalidRequestContentException',
      '400 InvalidRequestContentException',
      '400 InvalidRequestContentException',
    ]);
    expect(await answers[3]!.json()).toEqual({
      Type: 'User',
      Message:
        'Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 byte 0xff at offset 18',
    });
    expect((await invoke({}, { InvocationType: 'DryRun' })).StatusCode).toBe(204);
    const malformed = await fetch(`${endpoint}/2015-03-31/functions/%E0%A4%A/invocations`, {
      method: 'POST',
    });
    expect(malformed.status).toBe(400);
    await invoke({ print: ['the end'] });
    expect(lines).toEqual(['the end']);
  });

  test('gets the context of its client', async () => {
    const ClientContext = Buffer.from('{"custom":{"from":"Zürich"}}').toString('base64');
    expect((await invoke({}, { ClientContext })).answer).toMatchObject({
      clientContext: { custom: { from: 'Zürich' } },
    });
  });
});

describe('the log of an invocation', () => {
  const tail = { LogType: 'Tail' } as const;

  test('is answered where it is asked for, and holds that invocation alone', async () => {
    await invoke({ print: ['of another'], unfinished: 'of another' });
    const { log, requestId } = await invoke(
      { print: ['one', 'zwölf'], warn: ['three'], unfinished: 'four' },
      tail,
    );
    const [first, ...rest] = log!.split('\n');
    expect(first).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(rest.slice(0, 4).sort()).toEqual(['four', 'one', 'three', 'zwölf']);
    expect(rest[4]).toBe(`END RequestId: ${requestId}`);
    expect(rest[5]).toMatch(
      /^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB$/,
    );
    expect(lines.join()).not.toMatch(/\0|end of/);
    expect(lines).toHaveLength(6);
  });

  test('is its last 4 KB', async () => {
    const { log } = await invoke(
      { print: Array.from({ length: 2_000 }, (_, index) => `line ${index}`) },
      tail,
    );
    expect(Buffer.byteLength(log!)).toBe(4_096);
    expect(log).toMatch(/line 1998\nline 1999\nEND /);
  });

  test('is answered of one that fails, and of one whose process ends', async () => {
    const thrown = await invoke({ print: ['before'], failures: 1 }, tail);
    expect(thrown).toMatchObject({ FunctionError: 'Unhandled', answer: { errorMessage: 'failure 1' } });
    expect(thrown.log).toContain('\nbefore\nEND ');
    const exited = await invoke({ print: ['last words'], exit: 7 }, tail);
    expect(exited.answer).toMatchObject({ errorMessage: expect.stringContaining('exit status 7') as string });
    expect(exited.log).toContain('\nlast words\nEND ');
  });
});

describe('an event', () => {
  const event = { InvocationType: 'Event' } as const;
  const settled = () =>
    new Promise<void>((resolve) => {
      onSettled = resolve;
    });

  test('is taken at once, without its log and the context of its client', async () => {
    const run = settled();
    const ClientContext = Buffer.from('{}').toString('base64');
    const { requestId, ...rest } = await invoke(
      { settles: 1, print: ['it ran'] },
      { ...event, ClientContext, LogType: 'Tail' },
    );
    expect(rest).toEqual({ StatusCode: 202, answer: '', log: undefined });
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
    await run;
    expect(lines).toEqual(['it ran']);
  });

  test('is refused where there is no such function or version', async () => {
    expect(await refusalOf(invoke({}, { ...event, Qualifier: '1' }))).toContain(
      '404 ResourceNotFoundException',
    );
    expect(await refusalOf(invoke({}, { ...event, FunctionName: 'nope' }))).toContain('404 Resource');
  });

  test('that fails is tried three times, and is told then', async () => {
    const run = settled();
    const { requestId } = await invoke({ failures: 3, print: ['attempt'] }, event);
    await run;
    expect(waits).toEqual([60_000, 120_000]);
    expect(lines).toEqual(['attempt', 'attempt', 'attempt']);
    expect(failed).toMatchObject([
      {
        requestContext: {
          requestId,
          functionArn: ARN,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { failures: 3 },
        responsePayload: { errorType: 'TypeError', errorMessage: 'failure 3' },
      },
    ]);
  });
});
