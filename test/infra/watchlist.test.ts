import * as z from 'zod';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shardOf } from '../../functions/contracts/shard.ts';
import { ConfigError } from '../../infra/config/config-error.ts';
import { parseConfig } from '../../infra/config/config.ts';
import { commands } from '../../orchestrator/commands.ts';
import { temporaryFolder } from '../support/local-app.ts';
import { cdkContext, templateWith } from '../support/stack-template.ts';
import { figuresOfTest, table } from '../support/figures.ts';

/** CloudFormation's limits on a stack, and EventBridge Scheduler's on a schedule's event, in bytes. */
const MOST_RESOURCES = 500;
const TEMPLATE_BYTES = 1_000_000;
const INPUT_BYTES = 256 * 1024;

const tickEvent = z.strictObject({ command: z.literal('tick'), ...commands.tick.takes });
const names = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`);
const parse = (change: Record<string, unknown>) =>
  parseConfig({ ...cdkContext, schedule: 'rate(5 minutes)', ...change }).watchlist;

/** The events of the schedules of one expression, as the orchestrator takes them. */
function ticks(change: Record<string, unknown>) {
  const template = templateWith({ schedule: 'rate(5 minutes)', ...change });
  const schedules = Object.values(template.findResources('AWS::Scheduler::Schedule'));
  const inputs = schedules.map(
    ({ Properties }) => (Properties as { Target: { Input: string } }).Target.Input,
  );
  const events = inputs.map((input) =>
    tickEvent.parse(JSON.parse(input.replace('<aws.scheduler.scheduled-time>', '2026-01-05T14:30:00Z'))),
  );
  return { template, inputs, events };
}

const measured: number[][] = [];
afterAll(() => {
  const head = ['symbols', 'schedules', 'resources', 'bytes of the template', 'bytes of the longest event'];
  return figuresOfTest('docs/watchlist.md', 'test/infra/watchlist', table(head, measured));
});

describe('a list in the stack', () => {
  test('that is short has the one schedule and the variable that it had', () => {
    const { inputs, template } = ticks({});
    expect(inputs).toEqual(['{"command":"tick","scheduledTime":"<aws.scheduler.scheduled-time>"}']);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { SYMBOLS: 'AMZN' } },
    });
  });

  test.each([
    ['10,000 symbols are 50 schedules', names(10_000), 50],
    // The longest names there can be, and as many of them as are taken.
    ['the longest list there can be', names(40_000).map((name) => name.padEnd(10, 'X')), 200],
  ])('%s, within the limits of CloudFormation and the Scheduler', (_, symbols, schedules) => {
    const { template, inputs, events } = ticks({ symbols: symbols.join(',') });
    const json = JSON.stringify(template.toJSON(), undefined, 1);
    const resources = Object.keys((template.toJSON() as { Resources: object }).Resources).length;
    const longest = Math.max(...inputs.map((input) => input.length));
    measured.push([symbols.length, schedules, resources, json.length, longest]);
    expect(events).toHaveLength(schedules);
    expect(resources).toBeLessThan(MOST_RESOURCES);
    expect(json.length).toBeLessThan(TEMPLATE_BYTES);
    for (const input of inputs) expect(input.length).toBeLessThan(INPUT_BYTES);

    expect(events.flatMap((event) => event.symbols!).sort()).toEqual([...symbols].sort());
    for (const event of events) {
      expect(event.shard!.of).toBe(schedules);
      expect(event.symbols!.every((symbol) => shardOf(symbol, schedules) === event.shard!.index)).toBe(true);
    }
    const sizes = events.map((event) => event.symbols!.length);
    expect(Math.max(...sizes)).toBeLessThan(300);
    const variables = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => (Properties as { Environment: { Variables: object } }).Environment.Variables,
    );
    for (const each of variables) {
      expect(each).not.toHaveProperty('SYMBOLS');
      expect(JSON.stringify(each).length).toBeLessThan(4_096);
    }
    // All of them have the one role, and a person's run has to name its symbols.
    expect(JSON.stringify(template.findOutputs('InvokeCommand'))).toMatch(/\\"symbols\\":\[\\"S\w+\\"\]/);
    const roles = Object.values(template.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => (Properties as { Target: { RoleArn: object } }).Target.RoleArn,
    );
    expect(new Set(roles.map((role) => JSON.stringify(role))).size).toBe(1);
  });

  test('has a schedule of each expression for each shard, with the same events', () => {
    const { inputs, template } = ticks({
      symbols: 'AMZN,MSFT',
      shards: '2',
      schedule: ['rate(1 hour)', 'rate(1 day)'],
    });
    expect([inputs.length, new Set(inputs).size]).toEqual([4, 2]);
    const expressions = Object.values(template.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => (Properties as { ScheduleExpression: string }).ScheduleExpression,
    );
    expect(expressions.sort()).toEqual(['rate(1 day)', 'rate(1 day)', 'rate(1 hour)', 'rate(1 hour)']);
  });

  test('that is too long for a variable travels with its one schedule', () => {
    const symbols = names(200).map((name) => name.padEnd(8, 'X'));
    const { events } = ticks({ symbols: symbols.join(',') });
    expect(events).toEqual([expect.objectContaining({ symbols })]);
    expect(events[0]).not.toHaveProperty('shard');
  });

  test('has a symbol once, however often it is named', () => {
    expect(parse({ symbols: 'AMZN,MSFT,AMZN' })).toMatchObject({ variable: 'AMZN,MSFT', ticks: [{}] });
    expect(parse({ symbols: 'amzn, brk.b,AMZN,7203.T,0700.hk,btc/usd' })).toMatchObject({
      variable: 'AMZN,BRK.B,7203.T,0700.HK,BTC/USD',
    });
  });

  test('is split into as many shards as are asked for, empty ones too', () => {
    const { events } = ticks({ symbols: 'AMZN,MSFT', shards: '4' });
    expect(events.map(({ shard }) => shard)).toEqual([0, 1, 2, 3].map((index) => ({ index, of: 4 })));
    expect(events.flatMap(({ symbols }) => symbols!).sort()).toEqual(['AMZN', 'MSFT']);
  });
});

describe('a list in the store', () => {
  test('is split only by the number of its shards', () => {
    const { events, template } = ticks({ watchlist: 'store', shards: 3 });
    expect(events.map(({ shard, symbols }) => [shard, symbols])).toEqual(
      [0, 1, 2].map((index) => [{ index, of: 3 }, undefined]),
    );
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { WATCHLIST: 'store' } },
    });
  });

  test('has one schedule if `shards` is not set', () => {
    expect(parse({ watchlist: 'store' })).toEqual({ inStore: true, variable: undefined, ticks: [{}] });
  });
});

describe('a file of symbols', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());
  const file = (text: string) => {
    const symbolsFile = join(folder.path, 'symbols.txt');
    writeFileSync(symbolsFile, text);
    return { symbolsFile };
  };

  test('has one a line, and may have comments and empty lines', () => {
    const found = parse(file('# mine\nAMZN\r\n\n  BRK.B  \nAMZN'));
    expect(found.variable).toBe('AMZN,BRK.B');
  });

  test('wins over `symbols`, and `symbol` over both', () => {
    const { symbolsFile } = file('MSFT');
    expect(parse({ symbolsFile }).variable).toBe('MSFT');
    expect(parse({ symbolsFile, symbol: 'GOOG' }).variable).toBe('GOOG');
  });

  test.each([
    ['AMZN\n$amzn\n', 'line 2 of symbolsFile is "$amzn", expected one symbol, such as "AMZN"'],
    ['# none\n', 'which has no symbol'],
  ])('of %j is refused', (text, message) => {
    expect(() => parse(file(text))).toThrow(message);
  });
});

test.each([
  [{ symbolsFile: 'no/such/file' }, `symbolsFile is "no/such/file", which can't be read (ENOENT)`],
  [{ watchlist: 'elsewhere' }, 'watchlist is "elsewhere", expected "stack" or "store"'],
  [{ shards: 201 }, 'shards is 201, expected a whole number of schedules from 1 to 200'],
  [{ symbols: names(40_001).join(',') }, 'the list has 40001 symbols, expected 40000 at most'],
  [
    { symbols: names(20_001).join(','), schedule: 'rate(1 hour); rate(1 day)' },
    'the list has 20001 symbols, expected 20000 at most, because `schedule` has 2 expressions',
  ],
  [
    { shards: 67, schedule: 'rate(1 hour); rate(1 day); rate(2 days)' },
    'shards is 67, expected 66 at most, because `schedule` has 3 expressions',
  ],
  [
    { symbols: names(1_001).join(','), shards: 1 },
    'shards is 1, which gives a schedule 1001 symbols of 1001, expected shards for at most 1000 each',
  ],
])('what is beyond the limits is refused in one line', (change, message) => {
  expect(() => parse(change)).toThrow(ConfigError);
  expect(() => parse(change)).toThrow(message);
  expect(() => parse(change)).not.toThrow(/\n/);
});
