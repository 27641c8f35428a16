import { traderProgram } from '../../infra/cli/program.ts';
import { readCommandLine } from '../../infra/local/options.ts';
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
import type { FakeAws } from '../support/fake-aws.ts';

let letters: DeadLetters;
let fake: FakeAws;
beforeEach(async () => {
  letters = await new DeadLetters().listen();
  fake = letters.aws;
});
afterEach(() => letters.close());

const deadLetters: DeadLetters['run'] = (options) => letters.run(options);

test('a tick is sent late by a command with --late', async () => {
  const time = minutesAgo(34);
  const events: object[] = [];
  const send = (event: object) =>
    Promise.resolve(JSON.stringify({ runs: [], counts: {}, sent: events.push(event) }));
  const open = () => Promise.resolve({ where: '', send, close: () => Promise.resolve() });
  for (const late of [['--late'], []]) {
    const program = traderProgram(async (work, given) => void (await work({ ...given, open })));
    await readCommandLine(program, ['tick', '--time', time, ...late]);
  }
  expect(events).toMatchObject([
    { ...tick(time), late: true },
    { ...tick(time), late: undefined },
  ]);
});

describe('--redrive', () => {
  test('sends what is asked for, then deletes it, and leaves the rest visible', async () => {
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

  test('asks for --late if a tick is too old, and the event then has it', async () => {
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

  test('does not send a tick that may be too old when it arrives: a skipped run would use up its key', async () => {
    fake.sqs.put(FAILED, record(tick(minutesAgo(14))));
    expect((await deadLetters({ redrive: ['all'] }))[0]).toMatch(
      /left +may be too old when it arrives: 14 minutes/,
    );
    fake.functions.get(NAME)!.environment = {};
    expect((await deadLetters({ redrive: ['all'] }))[0]).toMatch(
      /left +the limit for the age of a tick is not known/,
    );
    expect(fake.events).toEqual([]);
    expect(fake.sqs.queue(FAILED)).toHaveLength(1);
  });

  test.each(['failed', 'skipped'])('has exit code 1 if a run %s', async (name) => {
    fake.sqs.put(FAILED, record(tick(minutesAgo(1))));
    const payload = JSON.stringify({ runs: [], omitted: 1, counts: { [name]: 1 } });
    fake.invoked = () => Promise.resolve({ payload });
    const [output, problem] = await deadLetters({ redrive: ['all'] });
    expect(output).toContain(`1 runs: 1 ${name}`);
    expect(problem).toBe('Runs of 1 letters failed or were skipped: npm run trader -- list --tick TIME');
  });

  test('replaces a keyword by the time of the message', async () => {
    const time = minutesAgo(1);
    fake.sqs.put(UNDELIVERED, JSON.stringify(tick(KEYWORD)), undelivered(time));
    expect((await deadLetters())[0]).toContain(`${KEYWORD} was not replaced; the time is the message's`);
    await deadLetters({ redrive: ['all'] });
    expect(fake.events).toEqual([tick(time)]);
  });

  test('sends all ticks, the oldest first, and other events only by their ids, under one key', async () => {
    const times = [minutesAgo(2), minutesAgo(9), minutesAgo(5)];
    for (const time of times) fake.sqs.put(FAILED, record(tick(time)));
    const run = fake.sqs.put(FAILED, record({ symbols: ['AMZN'] }));
    const keyless = fake.sqs.put(UNDELIVERED, '{}');
    const keyed = fake.sqs.put(FAILED, record({ idempotencyKey: 'mine' }));
    const wrong = fake.sqs.put(UNDELIVERED, 'nonsense');
    const [text, complaint] = await deadLetters({ redrive: ['all'] });
    expect(fake.events).toEqual([times[1], times[2], times[0]].map((time) => tick(time!)));
    expect(text).toMatch(new RegExp(`${run}  left +it is not a tick but "run"`));
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

  test('leaves a letter that fails again visible, and sends the others', async () => {
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

  test('holds the letters that are not sent yet, however long the ones before them take', async () => {
    const ids = [9, 7, 5, 3].map((age) => fake.sqs.put(FAILED, record(tick(minutesAgo(age)))));
    const other = fake.sqs.put(UNDELIVERED, JSON.stringify(tick(minutesAgo(1))));
    fake.invoked = () => {
      letters.advance(119);
      expect([...fake.sqs.visible(FAILED), ...fake.sqs.visible(UNDELIVERED)]).toEqual([]);
      return Promise.resolve({ payload: '{}' });
    };
    const [text, problem] = await deadLetters({ redrive: ['all'], late: true });
    expect(problem).toBeUndefined();
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual([...ids, other, '']);
    expect(fake.events).toHaveLength(5);
    expect([fake.sqs.queue(FAILED), fake.sqs.queue(UNDELIVERED)]).toEqual([[], []]);
  });

  test.each([
    ['AmazonSQS.ReceiveMessage', 1],
    ['AmazonSQS.ReceiveMessage', 3],
  ])('releases what it received if %s fails after %i times', async (failing, times) => {
    const ids = Array.from({ length: 12 }, () => fake.sqs.put(FAILED, record(tick(minutesAgo(1)))));
    let count = 0;
    fake.interfere = (action) => (action === failing && ++count > times ? 400 : undefined);
    await expect(deadLetters({ redrive: ['all'] })).rejects.toMatchObject({ name: 'DeploymentError' });
    expect(fake.sqs.visible(FAILED)).toEqual(ids);
    expect(fake.events).toEqual([]);
  });

  test('sends nothing if another process received the letter in the meantime', async () => {
    fake.sqs.put(FAILED, record(tick(minutesAgo(1))));
    fake.interfere = (action) => {
      if (action === 'AmazonSQS.ChangeMessageVisibility') fake.sqs.advance(121);
      return undefined;
    };
    expect((await deadLetters({ redrive: ['all'] }))[0]).toMatch(
      /left +another process has it: .*MessageNotInflight/,
    );
    expect(fake.events).toEqual([]);
  });

  test('says that a letter does not exist', async () => {
    expect(await deadLetters({ redrive: ['absent'] })).toEqual([
      'absent  left      there is no such letter\n',
      '1 of 1 letters are left, see above.',
    ]);
    expect(await deadLetters({ redrive: ['all'] })).toEqual(['no dead letters\n', undefined]);
  });
});

describe('--delete', () => {
  test('deletes one or all, whatever they hold, and sends nothing', async () => {
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
