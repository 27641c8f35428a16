import type { Difference } from '../../infra/cli/doctor/compare.ts';
import { configuredWith } from '../../infra/cli/doctor/configured.ts';
import { runDoctor } from '../../infra/cli/doctor/doctor.ts';
import { ofSchedule } from '../../infra/cli/doctor/findings.ts';
import type { Context } from '../../infra/cli/command.ts';
import { startCommand } from '../support/command.ts';
import { arnOfFunction, arnOfQueue, FakeAws } from '../support/fake-aws.ts';

const NAME = 'stack-orchestrator-1A2B';
const nameOf = (name: string) => (name === 'orchestrator' ? NAME : `stack-${name}-3C4D`);
const variableOf = (name: string) => `FUNCTION_${name.toUpperCase().replaceAll('-', '_')}`;

let fake: FakeAws;
let aws: Record<string, string>;
let environment: NodeJS.ProcessEnv;
beforeEach(async () => {
  fake = new FakeAws();
  environment = { ...process.env };
  aws = await fake.listen();
  Object.assign(process.env, aws);
});
afterEach(async () => {
  process.env = environment;
  await fake.close();
});

/** Makes the fake hold what a deployment with these keys would have made. */
function deploy(context: Record<string, string> = {}): void {
  const { functions, schedules } = configuredWith(context);
  for (const [name, { environment: variables, timeoutSeconds, memoryMb }] of Object.entries(functions)) {
    const known = Object.entries(variables).map(([key, value]): [string, string] => {
      const physical = Object.keys(functions).find((each) => variableOf(each) === key);
      return [key, value ?? (physical === undefined ? 'arn:aws:of-a-deployment' : nameOf(physical))];
    });
    fake.functions.set(nameOf(name), { environment: Object.fromEntries(known), timeoutSeconds, memoryMb });
  }
  fake.destinations.set(NAME, arnOfQueue('failed'));
  // EventBridge Scheduler lists by name, and a name has a random end.
  for (const [index, { enabled, ...rest }] of schedules.toReversed().entries()) {
    const state = enabled ? 'ENABLED' : 'DISABLED';
    fake.schedules.push({ name: `tick-${index}`, targetArn: arnOfFunction(NAME), state, ...rest });
  }
}

const found = [{ about: 'database', ok: true, says: 'answers in 1 ms' }];
/** The orchestrator is asked through this, and answers `findings`. */
const contextOf = (json: boolean, findings: object[] = found): Context => ({
  where: { functionName: NAME, data: undefined },
  json,
  open: () =>
    Promise.resolve({
      where: '',
      send: () => Promise.resolve(JSON.stringify({ findings })),
      close: () => Promise.resolve(),
    }),
});

async function doctor(context: string[] = []): Promise<Difference[]> {
  const { output, problem } = await runDoctor(context, contextOf(true));
  const { differences } = JSON.parse(output) as { differences: Difference[] };
  if (differences.length === 0) expect(problem).toBeUndefined();
  else expect(problem).toContain(`${differences.length} settings of ${NAME} are not`);
  return differences;
}
const variables = (name: string) => fake.functions.get(nameOf(name))!.environment;

test('what is deployed as it is configured has no difference', async () => {
  deploy();
  expect(await doctor()).toEqual([]);
  const { output } = await runDoctor([], contextOf(false), new Date('2026-01-05T12:00:00Z'));
  expect(output)
    .toBe(`ok  schedule  the next tick is at 2026-01-05T14:30:00.000Z, in the time zone America/New_York
ok  database  answers in 1 ms
${NAME} is deployed as it is configured here; 6 functions and 2 schedules compared\n`);
});

test('what is wrong is a line that says what to do, and a problem', async () => {
  deploy();
  const wrong = { about: 'trading', ok: false, says: 'trading is blocked; ask the support' };
  const { output, problem } = await runDoctor([], contextOf(false, [...found, wrong]));
  expect(output).toMatch(
    /\nok +database +answers in 1 ms\nWRONG +trading +trading is blocked; ask the support\n/,
  );
  expect(problem).toBe('Wrong: trading.');
  const context = { ...contextOf(false), open: () => Promise.reject(new Error('no way there')) };
  const down = await runDoctor([], context);
  expect(down.output).toMatch(/\nWRONG +orchestrator +can't be asked: Error: no way there\n/);
  expect(down.problem).toBe('Wrong: orchestrator.');
});

test('a schedule that does not fire is wrong', () => {
  const schedule = { expression: 'rate(5 minutes)', timeZone: 'UTC', enabled: false, input: '{}' };
  expect(ofSchedule([schedule], new Date())).toMatchObject({ ok: false });
  const over = { ...schedule, expression: 'cron(0 0 1 1 ? 2020)', enabled: true };
  expect(ofSchedule([over], new Date('2026-01-01T00:00:00Z')).says).toMatch(/^never fires again/);
});

test('so has what is deployed with keys that are given again', async () => {
  const keys = { maxPosition: '100', market: 'alpaca', notificationEmail: 'a@example.com', shards: '3' };
  deploy(keys);
  expect(await doctor(Object.entries(keys).map((entry) => entry.join('=')))).toEqual([]);
});

test('keys that were given with -c and are not configured here are shown, one by one', async () => {
  deploy({ maxPosition: '100', quantity: '7', notificationEmail: 'a@example.com', scheduleEnabled: 'false' });
  const differences = await doctor();
  expect(differences.map(({ where, setting }) => `${where} ${setting}`)).toEqual([
    'orchestrator CHECK_LIMITS',
    'orchestrator NOTIFICATIONS_TOPIC_ARN',
    'orchestrator QUANTITY',
    'buy-stock LIMITS',
    'sell-stock LIMITS',
    'schedule 0 enabled',
    'schedule 1 enabled',
  ]);
  expect(differences[2]).toEqual({
    where: 'orchestrator',
    setting: 'QUANTITY',
    deployed: '7',
    configured: '1',
  });
  expect(differences[5]).toMatchObject({ deployed: 'false', configured: 'true' });
  expect(await doctor(['quantity=7'])).toHaveLength(6);
});

test('limits are compared one by one, and lists of symbols by what is in one alone', async () => {
  const many = Array.from({ length: 300 }, (_, index) => `S${index}`).join(',');
  const once = { shards: '1', schedule: 'rate(1 hour)' };
  deploy({ maxPosition: '100', maxOrderQuantity: '5', symbols: `${many},OLD`, ...once });
  const same = Object.entries(once).map((entry) => entry.join('='));
  const differences = await doctor(['maxPosition=50', `symbols=${many},NEW`, ...same]);
  expect(differences).toEqual([
    { where: 'buy-stock', setting: 'LIMITS.maxOrderQuantity', deployed: '"5"', configured: 'not set' },
    { where: 'buy-stock', setting: 'LIMITS.maxPosition', deployed: '"100"', configured: '"50"' },
    { where: 'sell-stock', setting: 'LIMITS.maxOrderQuantity', deployed: '"5"', configured: 'not set' },
    { where: 'sell-stock', setting: 'LIMITS.maxPosition', deployed: '"100"', configured: '"50"' },
    {
      where: 'schedule',
      setting: 'event.symbols',
      deployed: 'OLD and the rest',
      configured: 'NEW and the rest',
    },
  ]);
});

test('schedules are compared by their shards, in whatever order they are listed', async () => {
  const keys = { symbols: 'AMZN,MSFT,GOOG', shards: '5', schedule: 'rate(1 hour)' };
  deploy(keys);
  const same = Object.entries(keys).map((entry) => entry.join('='));
  expect(await doctor(same)).toEqual([]);
  fake.schedules[1]!.timeZone = 'Asia/Tokyo';
  expect(await doctor(same)).toEqual([
    { where: 'schedule 3', setting: 'timeZone', deployed: 'Asia/Tokyo', configured: 'America/New_York' },
  ]);
  fake.schedules.pop();
  expect(await doctor(same)).toEqual([
    { where: 'schedules', setting: 'number', deployed: '4', configured: '5' },
  ]);
});

test('schedules of several expressions are compared each with its own', async () => {
  const keys = { shards: '2', schedule: 'cron(0 10 * * ? *);cron(0 11 * * ? *);cron(0 12 * * ? *)' };
  deploy(keys);
  const same = Object.entries(keys).map((entry) => entry.join('='));
  expect(await doctor(same)).toEqual([]);
  const changed = fake.schedules.find(({ expression }) => expression === 'cron(0 10 * * ? *)')!;
  changed.expression = 'cron(0 13 * * ? *)';
  expect(await doctor(same)).toEqual([
    {
      ...{ where: expect.stringMatching(/^schedule [03]$/) as string, setting: 'expression' },
      ...{ deployed: 'cron(0 13 * * ? *)', configured: 'cron(0 10 * * ? *)' },
    },
  ]);
});

test('what was changed by hand is shown: memory, a variable, a schedule, a function, the queue', async () => {
  deploy();
  fake.functions.get(NAME)!.memoryMb = 128;
  fake.functions.get(NAME)!.timeoutSeconds = 900;
  delete variables('orchestrator')['HISTORY_DAYS'];
  fake.schedules[0]!.expression = 'rate(1 minute)';
  fake.functions.delete(nameOf('sell-stock'));
  fake.destinations.clear();
  expect((await doctor()).map(({ where, setting, deployed }) => [where, setting, deployed])).toEqual([
    ['orchestrator', 'timeoutSeconds', '900'],
    ['orchestrator', 'memoryMb', '128'],
    ['orchestrator', 'HISTORY_DAYS', 'not set'],
    ['sell-stock', 'function', expect.stringContaining('AWS does not find the function stack-sell-stock')],
    ['orchestrator', 'queue of failed ticks', 'not set'],
    ['schedule 1', 'expression', 'rate(1 minute)'],
  ]);
});

test('a secret is not shown, in whatever setting it is', async () => {
  deploy({ market: 'alpaca' });
  const secret = 'hunter2';
  const uri = `mongodb+srv://user:${secret}@@cluster/`;
  Object.assign(variables('orchestrator'), {
    MONGODB_URI: uri,
    MONGODB_SECRET_ID: secret,
    MONGODB_DATABASE: uri,
    SYMBOLS: `https://user:${secret}@example.com`,
    OVERLAP: `{"a":"${uri}"}`,
  });
  Object.assign(variables('check-stock-price'), {
    ALPACA_SECRET_ID: secret,
    ALPACA_DATA_URL: `https://${secret}@h`,
  });
  fake.schedules[0]!.input = JSON.stringify({ command: 'tick', scheduledTime: uri, symbols: [uri] });
  const differences = await doctor(['market=alpaca']);
  expect(differences.map(({ setting }) => setting)).toEqual(
    expect.arrayContaining(['MONGODB_URI', 'MONGODB_SECRET_ID', 'MONGODB_DATABASE', 'SYMBOLS', 'OVERLAP']),
  );
  expect(differences.length).toBeGreaterThanOrEqual(8);
  const configured = await doctor(['market=alpaca', `alpacaTradingUrl=https://${secret}@h`]);
  expect(configured).toContainEqual(expect.objectContaining({ configured: 'https://***@h' }));
  expect(JSON.stringify([differences, configured])).not.toContain(secret);
});

test.each<[string, () => void, string[], RegExp]>([
  [
    'a function that does not exist',
    () => fake.functions.clear(),
    [],
    /AWS does not find the function stack-orchestrator/,
  ],
  [
    'a function that is not an orchestrator',
    () => (fake.functions.get(NAME)!.environment = { PATH: 'x' }),
    [],
    /is not an orchestrator: .* output OrchestratorName/,
  ],
  ['a wrong key', () => undefined, ['sybmols=AMZN'], /sybmols/],
  ['a wrong value', () => undefined, ['quantity=none'], /quantity is "none"/],
  ['no pair', () => undefined, ['quantity'], /-c takes KEY=VALUE/],
  ['no answer', () => (fake.interfere = () => 403), [], /The request to AWS for the function .* failed/],
])('%s is refused in one line', async (_, change, context, message) => {
  deploy();
  change();
  await expect(doctor(context)).rejects.toThrow(message);
  await expect(doctor(context)).rejects.not.toThrow(/\n/);
});

test('as a command it has a table and exit code 1 if there is a difference, 0 if not, 2 for -c without a name', async () => {
  deploy();
  fake.invoked = () => Promise.resolve({ payload: JSON.stringify({ findings: found }) });
  const command = (...args: string[]) => startCommand('infra/cli/main.ts', ['doctor', ...args], aws).finished;
  const [same, other, unnamed] = await Promise.all([
    command('--function', NAME),
    command('--function', NAME, '-c', 'quantity=2'),
    command('-c', 'quantity=2'),
  ]);
  expect(same).toMatchObject({ code: 0, stderr: '' });
  expect(other.code).toBe(1);
  expect(other.stdout).toMatch(/\nWHERE +SETTING +DEPLOYED +CONFIGURED HERE\norchestrator +QUANTITY +1 +2$/);
  expect(other.stderr).toMatch(/^1 settings of .* npx cdk deploy .*\n$/);
  expect(unnamed).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/give --function NAME/) as string,
  });
});
