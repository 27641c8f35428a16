import * as fc from 'fast-check';
import { runDeadLetters } from '../../infra/cli/dead-letters/dead-letters.ts';
import { toLetter } from '../../infra/cli/dead-letters/letter.ts';
import { InvalidEventError } from '../../orchestrator/protocol/event.ts';
import { parsedEvent } from '../support/events.ts';
import {
  DeadLetters,
  FAILED,
  KEYWORD,
  minutesAgo,
  NAME,
  record,
  tick,
  UNDELIVERED,
  undelivered,
} from '../support/dead-letters.ts';
import { arnOfQueue, type FakeAws } from '../support/fake-aws.ts';

let letters: DeadLetters;
let fake: FakeAws;
beforeEach(async () => {
  letters = await new DeadLetters().listen();
  fake = letters.aws;
});
afterEach(() => letters.close());

const deadLetters: DeadLetters['run'] = (options) => letters.run(options);

describe('the list', () => {
  test('shows for both queues what each letter is, why it is there, and whether it is too old', async () => {
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
      /Scheduler could not deliver it, after 3 retries: AWS.Scheduler.* Rate Exceeded\.$/,
    );
    expect(lines[2]).not.toContain('too old');
    expect([fake.sqs.visible(FAILED), fake.sqs.visible(UNDELIVERED)]).toEqual([[first], [second]]);
    expect(fake.events).toEqual([]);
  });

  test('shows more than ten letters, each once, and leaves all of them visible', async () => {
    const ids = Array.from({ length: 37 }, (_, index) =>
      fake.sqs.put(FAILED, record(tick(minutesAgo(100 - index)))),
    );
    const [text] = await deadLetters({ json: true });
    const letters = JSON.parse(text) as { id: string; queue: string; event: object }[];
    expect(letters.map(({ id }) => id)).toEqual(ids);
    expect(letters[0]).toMatchObject({ queue: FAILED, isTooLate: true, ageMinutes: 100 });
    expect(fake.sqs.visible(FAILED)).toEqual(ids);
  });

  test('names the queues if they are empty', async () => {
    expect(await deadLetters()).toEqual([`no dead letters in ${FAILED}, ${UNDELIVERED}\n`, undefined]);
  });

  const secret = 'mongodb://user:hunter2@@h/ and more hunter2';
  test.each<[string, string, Record<string, string>, RegExp]>([
    ['no JSON', 'hello\u001b[2J', {}, /no event .* can only be deleted; the reason is not known/],
    ['an array', '[1]', {}, /holds no event/],
    ['nothing', ' ', {}, /holds no event/],
    ['a record of null', record(null), {}, /holds no event/],
    ['a record of text', record('{"command":"tick"}'), {}, /holds no event/],
    ['deep nesting', '['.repeat(100_000), {}, /holds no event/],
    ['what was cut off', '{"command":"tick","sym', { IS_PAYLOAD_TRUNCATED: 'true' }, /was cut off/],
    ['a tick at no time', '{"command":"tick","scheduledTime":"soon"}', {}, /is not a time/],
    ['a tick at an object', '{"command":"tick","scheduledTime":{"$gt":""}}', {}, /is not a time/],
    ['a keyword without a time', JSON.stringify(tick(KEYWORD)), {}, /its tick is not known/],
    ['a keyword that arrived', record(tick(KEYWORD)), {}, /EventBridge Scheduler did not send it/],
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
  ])('shows %s', async (_, body, attributes, text) => {
    const id = fake.sqs.put(UNDELIVERED, body, attributes);
    const [list] = await deadLetters();
    expect(list).toMatch(text);
    expect(list).toContain(id);
    expect(list + (await deadLetters({ json: true }))[0]).not.toContain('hunter2');
    // eslint-disable-next-line no-control-regex -- they are what it is about
    expect(list).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

test('any body can be shown, and what is sent again is an event or refused as one', () => {
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

describe('is refused', () => {
  test.each([
    [{ redrive: ['all'], delete: ['all'] }, /give one of them/],
    [{ late: true }, /also give --redrive ID or --redrive all/],
  ])('with %j', async (values, message) => {
    await expect(deadLetters(values)).rejects.toThrow(message);
    expect(fake.sqs.actions).toEqual([]);
  });

  test('without a function, because the local run has no dead letters', async () => {
    const open = () => Promise.reject(new Error('is not opened'));
    for (const functionName of [undefined, '']) {
      const where = { functionName, data: undefined };
      const answer = runDeadLetters({}, { where, json: false, open });
      await expect(answer).rejects.toThrow(/Only a deployment has dead letters: give --function NAME/);
    }
  });

  test.each<[string, () => void, RegExp]>([
    [
      'a function that does not exist',
      () => fake.functions.clear(),
      /AWS does not find the function orchestrator-1A2B/,
    ],
    [
      'a queue that does not exist',
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
      /The request to AWS for the schedules of orchestrator-1A2B failed/,
    ],
  ])('with %s, in one line', async (_, change, message) => {
    change();
    const refusal = deadLetters();
    await expect(refusal).rejects.toMatchObject({ name: 'DeploymentError' });
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.not.toThrow(/\n/);
  });
});
