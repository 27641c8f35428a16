import * as fc from 'fast-check';
import { runDeadLetters } from '../../infra/cli/dead-letters.ts';
import { toLetter } from '../../infra/cli/dead-letters-letter.ts';
import { runCommands } from '../../infra/cli/run-commands.ts';
import { openTarget } from '../../infra/cli/target.ts';
import { InvalidEventError } from '../../orchestrator/protocol/event.ts';
import { parsedEvent } from '../support/events.ts';
import { arnOfFunction, arnOfQueue, FakeAws } from '../support/fake-aws.ts';
import { root } from '../support/local-app.ts';

const NAME = 'orchestrator-1A2B';
const FAILED = 'stack-failed-3C4D';
const UNDELIVERED = 'stack-undelivered-5E6F';
const KEYWORD = '<aws.scheduler.scheduled-time>';

let fake: FakeAws;
let environment: NodeJS.ProcessEnv;
beforeEach(async () => {
  fake = new FakeAws();
  environment = { ...process.env };
  Object.assign(process.env, await fake.listen());
  fake.functions.set(NAME, {
    environment: { MAX_TICK_AGE_MINUTES: '15' },
    timeoutSeconds: 60,
    memoryMb: 512,
  });
  fake.destinations.set(NAME, arnOfQueue(FAILED));
  for (const index of [0, 1, 2]) {
    fake.schedules.push({
      name: `tick-${index}`,
      expression: 'rate(1 minute)',
      timeZone: 'UTC',
      state: 'ENABLED',
      input: '{}',
      targetArn: index === 0 ? arnOfFunction('another') : arnOfFunction(NAME),
      deadLetterQueueArn: arnOfQueue(index === 0 ? 'not-ours' : UNDELIVERED),
    });
  }
  for (const name of [FAILED, UNDELIVERED]) fake.sqs.queue(name);
  fake.invoked = () => Promise.resolve({ payload: JSON.stringify({ outcome: 'taken' }) });
});
afterEach(async () => {
  process.env = environment;
  await fake.close();
});

const where = { functionName: NAME, data: undefined };
/** What the command prints, and what it complains of. */
async function deadLetters(values: Record<string, unknown> = {}): Promise<[string, string | undefined]> {
  const target = openTarget(root, where);
  try {
    const { output, problem } = await runDeadLetters(values, () => target, where);
    return [output, problem];
  } finally {
    await (await target).close();
  }
}

const minutesAgo = (minutes: number) =>
  new Date(Math.floor(Date.now() / 1000) * 1000 - minutes * 60_000).toISOString().replace('.000Z', 'Z');
const tick = (scheduledTime: string) => ({ command: 'tick', scheduledTime });
const record = (requestPayload: unknown, condition = 'RetriesExhausted', responsePayload: unknown = null) =>
  JSON.stringify({
    version: '1.0',
    timestamp: '2026-11-25T12:00:00.000Z',
    requestContext: {
      requestId: 'request-1',
      functionArn: arnOfFunction(NAME),
      condition,
      approximateInvokeCount: 3,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload,
  });
const undelivered = (time: string) => ({
  ERROR_CODE: 'AWS.Scheduler.InternalServerError',
  ERROR_MESSAGE: 'Rate Exceeded.',
  RETRY_ATTEMPTS: '3',
  EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
  SCHEDULED_TIME: time,
});

describe('the list', () => {
  test('tells of both queues what each was, why it came there, and whether it is too old', async () => {
    const [old, young] = [minutesAgo(34), minutesAgo(2)];
    const failure = { errorType: 'StoreError', errorMessage: 'no server at db:27017' };
    const first = fake.sqs.put(FAILED, record(tick(old), 'RetriesExhausted', failure));
    const second = fake.sqs.put(UNDELIVERED, JSON.stringify(tick(young)), undelivered(young));
    const [text] = await deadLetters();
    const lines = text.split('\n');
    expect(lines[1]).toMatch(new RegExp(`^${first}  tick ${old}  .*too old: 34 minutes, the limit is 15; `));
    expect(lines[1]).toMatch(/the orchestrator failed 3 times: StoreError: no server at db:27017$/);
    expect(lines[2]).toMatch(new RegExp(`^${second}  tick ${young}  `));
    expect(lines[2]).toMatch(
      /Scheduler could not invoke it, after 3 retries: AWS.Scheduler.* Rate Exceeded\.$/,
    );
    expect(lines[2]).not.toContain('too old');
    expect([fake.sqs.visible(FAILED), fake.sqs.visible(UNDELIVERED)]).toEqual([[first], [second]]);
    expect(fake.events).toEqual([]);
  });

  test('goes on past ten letters, tells each once, and leaves all of them visible', async () => {
    const ids = Array.from({ length: 37 }, (_, index) =>
      fake.sqs.put(FAILED, record(tick(minutesAgo(100 - index)))),
    );
    const [text] = await deadLetters({ json: true });
    const letters = JSON.parse(text) as { id: string; queue: string; event: object }[];
    expect(letters.map(({ id }) => id)).toEqual(ids);
    expect(letters[0]).toMatchObject({ queue: FAILED, isTooLate: true, ageMinutes: 100 });
    expect(fake.sqs.visible(FAILED)).toEqual(ids);
  });

  test('of nothing says so, and which queues it looked into', async () => {
    expect(await deadLetters()).toEqual([`no dead letters in ${FAILED}, ${UNDELIVERED}\n`, undefined]);
  });

  const secret = 'mongodb://user:hunter2@@h/ and more hunter2';
  test.each<[string, string, Record<string, string>, RegExp]>([
    ['no JSON', 'hello\u001b[2J', {}, /no event .* can only be deleted; nothing says why/],
    ['an array', '[1]', {}, /holds no event/],
    ['nothing', ' ', {}, /holds no event/],
    ['a record of null', record(null), {}, /holds no event/],
    ['a record of text', record('{"command":"tick"}'), {}, /holds no event/],
    ['deep nesting', '['.repeat(100_000), {}, /holds no event/],
    ['what was cut off', '{"command":"tick","sym', { IS_PAYLOAD_TRUNCATED: 'true' }, /was cut off/],
    ['a tick at no time', '{"command":"tick","scheduledTime":"soon"}', {}, /is no time/],
    ['a tick at an object', '{"command":"tick","scheduledTime":{"$gt":""}}', {}, /is no time/],
    ['a keyword without a time', JSON.stringify(tick(KEYWORD)), {}, /which tick it was is not known/],
    ['a keyword that arrived', record(tick(KEYWORD)), {}, /what sent it was not EventBridge Scheduler/],
    ['a keyword and a wrong time', JSON.stringify(tick(KEYWORD)), { SCHEDULED_TIME: 'x' }, /is not known/],
    ['a strange command', '{"command":"\\u001b[2Jsell"}', {}, /\ufffd\[2Jsell/],
    ['no concurrency', record(tick(minutesAgo(1)), 'ZeroReservedConcurrency'), {}, /concurrency is 0/],
    ['an old event', record(tick(minutesAgo(1)), 'EventAgeExceeded'), {}, /too old in Lambda's queue/],
    ['a new condition', record(tick(minutesAgo(1)), 'Sunspots'), {}, /Sunspots/],
    ['a URI in an error', record({}, 'RetriesExhausted', { errorMessage: secret }), {}, /mongodb:\/\/\*\*\*/],
    [
      'a URI in capitals in an error',
      record({}, 'RetriesExhausted', { errorMessage: 'at MongoDB+SRV://u:very hunter2@h' }),
      {},
      /mongodb:\/\/\*\*\*/,
    ],
    ['a URI in a code', '{}', { ERROR_CODE: 'x', ERROR_MESSAGE: 'https://u:hunter2@h/' }, /\/\/\*\*\*@h/],
  ])('tells of %s', async (_, body, attributes, text) => {
    const id = fake.sqs.put(UNDELIVERED, body, attributes);
    const [list] = await deadLetters();
    expect(list).toMatch(text);
    expect(list).toContain(id);
    expect(list + (await deadLetters({ json: true }))[0]).not.toContain('hunter2');
    // eslint-disable-next-line no-control-regex -- they are what it is about
    expect(list).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

test('there is no body that can not be told of, and what is to be sent is an event or refused as one', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(KEYWORD, 'tick', 'run', minutesAgo(1)));
  const event = fc.dictionary(fc.constantFrom('command', 'scheduledTime', 'symbols', '__proto__'), value);
  const context = fc.record({ requestId: value, condition: value, approximateInvokeCount: value });
  const held = fc.record({ requestContext: context, requestPayload: event, responsePayload: value });
  const body = fc.oneof(
    fc.string(),
    fc.oneof(fc.jsonValue(), event, held).map((found) => JSON.stringify(found)),
  );
  const attributes = fc.dictionary(
    fc.constantFrom('SCHEDULED_TIME', 'ERROR_CODE', 'ERROR_MESSAGE', 'RETRY_ATTEMPTS'),
    fc.string(),
  );
  fc.assert(
    fc.property(body, attributes, (text, found) => {
      const letter = toLetter({ id: 'id', body: text, sentAt: minutesAgo(1), attributes: found });
      if (letter.event === undefined) return letter.note !== undefined;
      try {
        const parsed = parsedEvent(letter.event);
        return parsed.command === 'tick' ? letter.tick !== undefined : letter.tick === undefined;
      } catch (error) {
        return error instanceof InvalidEventError;
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a tick is sent late by hand where --late says so', () => {
  const command = runCommands['tick']!;
  const time = minutesAgo(34);
  expect(command.toEvent({ time, late: true }, undefined, [])).toMatchObject({ ...tick(time), late: true });
  expect(command.toEvent({ time }, undefined, [])).toMatchObject({ ...tick(time), late: undefined });
});

describe('sending again', () => {
  test('sends what was asked for, then deletes it, and leaves the rest visible', async () => {
    const time = minutesAgo(3);
    const chosen = fake.sqs.put(FAILED, record({ ...tick(time), symbols: ['AMZN'] }));
    const other = fake.sqs.put(FAILED, record(tick(minutesAgo(4))));
    expect(await deadLetters({ redrive: [chosen] })).toEqual([
      `${chosen}  redriven  tick ${time}: taken\n`,
      undefined,
    ]);
    expect(fake.events).toEqual([{ ...tick(time), symbols: ['AMZN'] }]);
    expect(fake.sqs.visible(FAILED)).toEqual([other]);
    expect(fake.sqs.queue(FAILED)).toHaveLength(1);
  });

  test('of a tick that is too old asks for --late, which the event says then', async () => {
    const time = minutesAgo(34);
    const id = fake.sqs.put(FAILED, record(tick(time)));
    const [refused, complaint] = await deadLetters({ redrive: ['all'] });
    expect(refused).toMatch(/left +too old: 34 minutes, the limit is 15: give --late, or --delete it/);
    expect(complaint).toBe('1 of 1 letters are left, see above.');
    expect([fake.events, fake.sqs.visible(FAILED)]).toEqual([[], [id]]);
    expect((await deadLetters({ redrive: ['all'], late: true }))[1]).toBeUndefined();
    expect(fake.events).toEqual([{ ...tick(time), late: true }]);
    expect(fake.sqs.queue(FAILED)).toEqual([]);
  });

  test('sends no tick that may be too old when it arrives, for its key would be spent on a skipped run', async () => {
    fake.sqs.put(FAILED, record(tick(minutesAgo(14))));
    expect((await deadLetters({ redrive: ['all'] }))[0]).toMatch(
      /left +may be too old on its arrival: 14 minutes/,
    );
    fake.functions.get(NAME)!.environment = {};
    expect((await deadLetters({ redrive: ['all'] }))[0]).toMatch(
      /left +how old a tick may be is not known here/,
    );
    expect(fake.events).toEqual([]);
    expect(fake.sqs.queue(FAILED)).toHaveLength(1);
  });

  test.each(['failed', 'skipped'])('of a run that %s is not all that was asked for', async (name) => {
    fake.sqs.put(FAILED, record(tick(minutesAgo(1))));
    const payload = JSON.stringify({ runs: [], omitted: 1, counts: { [name]: 1 } });
    fake.invoked = () => Promise.resolve({ payload });
    const [output, problem] = await deadLetters({ redrive: ['all'] });
    expect(output).toContain(`1 runs: 1 ${name}`);
    expect(problem).toBe('Runs of 1 letters failed or were skipped: npm run trader -- list --tick TIME');
  });

  test('of a keyword that was not replaced takes the time that the message has', async () => {
    const time = minutesAgo(1);
    fake.sqs.put(UNDELIVERED, JSON.stringify(tick(KEYWORD)), undelivered(time));
    expect((await deadLetters())[0]).toContain(`${KEYWORD} was not replaced; the time is the message's`);
    await deadLetters({ redrive: ['all'] });
    expect(fake.events).toEqual([tick(time)]);
  });

  test('takes all, the oldest tick first, but what is no tick only by its id, under one key', async () => {
    const times = [minutesAgo(2), minutesAgo(9), minutesAgo(5)];
    for (const time of times) fake.sqs.put(FAILED, record(tick(time)));
    const run = fake.sqs.put(FAILED, record({ symbols: ['AMZN'] }));
    const keyless = fake.sqs.put(UNDELIVERED, '{}');
    const keyed = fake.sqs.put(FAILED, record({ idempotencyKey: 'mine' }));
    const wrong = fake.sqs.put(UNDELIVERED, 'nonsense');
    const [text, complaint] = await deadLetters({ redrive: ['all'] });
    expect(fake.events).toEqual([times[1], times[2], times[0]].map((time) => tick(time!)));
    expect(text).toMatch(new RegExp(`${run}  left +it is no tick but "run"`));
    expect(complaint).toBe('4 of 7 letters are left, see above.');
    fake.events.length = 0;
    await deadLetters({ redrive: [run, keyless, keyed] });
    expect(fake.events).toEqual(
      expect.arrayContaining([
        { symbols: ['AMZN'], idempotencyKey: 'request-1' },
        { idempotencyKey: keyless },
        { idempotencyKey: 'mine' },
      ]),
    );
    expect(fake.sqs.visible(UNDELIVERED)).toEqual([wrong]);
  });

  test('leaves a letter that fails again, visible, and goes on with the others', async () => {
    const [first, second] = [9, 5].map((age) => fake.sqs.put(FAILED, record(tick(minutesAgo(age)))));
    const error = { errorType: 'StoreError', errorMessage: 'mongodb://u:hunter2@h is away' };
    fake.invoked = () =>
      Promise.resolve(fake.events.length === 1 ? { error } : { payload: '{"outcome":"taken"}' });
    const [text, complaint] = await deadLetters({ redrive: ['all'] });
    expect(text).toMatch(new RegExp(`^${first}  left +StoreError: mongodb://\\*\\*\\*\n${second}  redriven`));
    expect(complaint).toBe('1 of 2 letters are left, see above.');
    expect(fake.sqs.visible(FAILED)).toEqual([first]);
  });

  test('hides a letter for as long as the orchestrator may take', async () => {
    const id = fake.sqs.put(FAILED, record(tick(minutesAgo(1))));
    fake.functions.get(NAME)!.timeoutSeconds = 900;
    fake.invoked = () => {
      fake.sqs.advance(901);
      expect(fake.sqs.visible(FAILED)).toEqual([]);
      return Promise.resolve({ payload: '{}' });
    };
    expect((await deadLetters({ redrive: [id] }))[0]).toContain('redriven');
    expect(fake.sqs.queue(FAILED)).toEqual([]);
  });

  test('sends nothing where somebody else took the letter meanwhile', async () => {
    fake.sqs.put(FAILED, record(tick(minutesAgo(1))));
    fake.interfere = (action) => {
      if (action === 'AmazonSQS.ChangeMessageVisibility') fake.sqs.advance(121);
      return undefined;
    };
    expect((await deadLetters({ redrive: ['all'] }))[0]).toMatch(
      /left +somebody else has it: .*MessageNotInflight/,
    );
    expect(fake.events).toEqual([]);
  });

  test('of what is not there says so', async () => {
    expect(await deadLetters({ redrive: ['nobody'] })).toEqual([
      'nobody  left      there is no such letter\n',
      '1 of 1 letters are left, see above.',
    ]);
    expect(await deadLetters({ redrive: ['all'] })).toEqual(['no dead letters\n', undefined]);
  });
});

describe('dropping', () => {
  test('takes one or all, whatever they hold, and sends nothing', async () => {
    const first = fake.sqs.put(FAILED, record(tick(minutesAgo(34))));
    for (const body of ['nonsense', '[]', '{"command":"halt"}']) fake.sqs.put(UNDELIVERED, body);
    expect((await deadLetters({ delete: [first] }))[0]).toContain(`${first}  deleted`);
    expect(fake.sqs.visible(UNDELIVERED)).toHaveLength(3);
    const [text] = await deadLetters({ delete: ['all'], json: true });
    expect((JSON.parse(text) as object[]).map((each) => Object.entries(each)[1]![1] as string)).toEqual(
      Array(3).fill('deleted'),
    );
    expect([fake.sqs.queue(UNDELIVERED), fake.sqs.queue(FAILED), fake.events]).toEqual([[], [], []]);
  });
});

describe('is refused', () => {
  test.each([
    [{ redrive: ['all'], delete: ['all'] }, /take one of the two/],
    [{ late: true }, /give --redrive ID or --redrive all beside it/],
  ])('with %j', async (values, message) => {
    await expect(deadLetters(values)).rejects.toThrow(message);
    expect(fake.sqs.actions).toEqual([]);
  });

  test('without a function, for the local run has no dead letters', async () => {
    const open = () => Promise.reject(new Error('is not opened'));
    for (const functionName of [undefined, '']) {
      const answer = runDeadLetters({}, open, { functionName, data: undefined });
      await expect(answer).rejects.toThrow(/of a deployment: give --function NAME/);
    }
  });

  test.each<[string, () => void, RegExp]>([
    [
      'a function that there is not',
      () => fake.functions.clear(),
      /There is not the function orchestrator-1A2B/,
    ],
    [
      'a queue that is gone',
      () => fake.destinations.set(NAME, arnOfQueue('gone')),
      /the queue gone.*QueueDoesNotExist/,
    ],
    [
      'a topic in place of a queue',
      () => fake.destinations.set(NAME, 'arn:aws:sns:x:1:t'),
      /expected an SQS queue/,
    ],
    [
      'a denied schedule',
      () => (fake.interfere = (action) => (action.startsWith('GET /schedules') ? 403 : undefined)),
      /AWS was asked for the schedules of orchestrator-1A2B/,
    ],
  ])('with %s, in one line', async (_, change, message) => {
    change();
    const refusal = deadLetters();
    await expect(refusal).rejects.toMatchObject({ name: 'DeploymentError' });
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.not.toThrow(/\n/);
  });
});
