import fc from 'fast-check';
import { parseSchedule } from '../../infra/schedule/expression.ts';
import { nextTick, nextTicks } from '../../infra/schedule/next-tick.ts';

const next = (expression: string, after: string, zone = 'America/New_York') =>
  nextTick(parseSchedule(expression), zone, new Date(after))?.toISOString();

describe('the next tick', () => {
  const marketHours = 'cron(0/5 9-15 ? * MON-FRI *)';

  test('is five minutes on within market hours', () => {
    expect(next(marketHours, '2026-01-05T15:02:10Z')).toBe('2026-01-05T15:05:00.000Z');
  });

  test('is on Monday morning after Friday evening, summer time or not', () => {
    expect(next(marketHours, '2026-01-09T23:00:00Z')).toBe('2026-01-12T14:00:00.000Z');
    expect(next(marketHours, '2026-07-10T23:00:00Z')).toBe('2026-07-13T13:00:00.000Z');
  });

  test('counts the days of the week from Sunday as 1, as AWS does', () => {
    expect(next('cron(0 12 ? * 2 *)', '2026-01-09T23:00:00Z', 'UTC')).toBe('2026-01-12T12:00:00.000Z');
  });

  test('follows a rate', () => {
    expect(next('rate(10 minutes)', '2026-01-05T15:02:10Z')).toBe('2026-01-05T15:10:00.000Z');
  });

  test.each([
    ['cron(0 10 L * ? *)', ['2028-01-31', '2028-02-29', '2028-03-31']],
    ['cron(0 10 LW * ? *)', ['2028-01-31', '2028-02-29', '2028-03-31']],
    // A Saturday is moved to Friday and a Sunday to Monday, but not out of the month.
    ['cron(0 10 15W * ? *)', ['2028-01-14', '2028-02-15', '2028-03-15']],
    ['cron(0 10 1W 1,4,10 ? *)', ['2028-01-03', '2028-04-03', '2028-10-02']],
    ['cron(0 10 30W 4,7,9 ? *)', ['2028-04-28', '2028-07-31', '2028-09-29']],
    ['cron(0 10 ? * 6L *)', ['2028-01-28', '2028-02-25', '2028-03-31']],
    ['cron(0 10 ? * fril *)', ['2028-01-28', '2028-02-25', '2028-03-31']],
    ['cron(0 10 ? * L *)', ['2028-01-01', '2028-01-08', '2028-01-15']],
    ['cron(0 10 ? * FRI#5 *)', ['2028-03-31', '2028-06-30', '2028-09-29']],
    ['cron(0 10 ? * 2#1 *)', ['2028-01-03', '2028-02-07', '2028-03-06']],
    ['cron(0 10 29 FEB ? *)', ['2028-02-29', '2032-02-29', '2036-02-29']],
    ['cron(0 10 ? JAN MON 2029-2035/3)', ['2029-01-01', '2029-01-08', '2029-01-15']],
    ['cron(0 10 1 JAN ? 2199)', ['2199-01-01']],
    ['cron(0 10 30 2 ? *)', []],
    ['cron(0 10 ? * MON-FRI 2027)', []],
  ])('of %s is on these days', (expression, days) => {
    const ticks = nextTicks(parseSchedule(expression), 'UTC', new Date('2028-01-01T00:00:00Z'), 3);
    expect(ticks.map((tick) => tick.toISOString())).toEqual(days.map((day) => `${day}T10:00:00.000Z`));
  });

  // https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
  test.each([
    [
      'a time that does not exist is skipped',
      'cron(30 2 * * ? *)',
      '2026-03-07T12:00:00Z',
      '2026-03-09T06:30:00.000Z',
    ],
    [
      'a time that exists twice fires once',
      'cron(30 1 * * ? *)',
      '2026-11-01T05:30:00Z',
      '2026-11-02T06:30:00.000Z',
    ],
    ['at the first of the two', 'cron(30 1 * * ? *)', '2026-11-01T04:00:00Z', '2026-11-01T05:30:00.000Z'],
    [
      'each time of the hour fires once',
      'cron(0/15 * * * ? *)',
      '2026-11-01T05:45:00Z',
      '2026-11-01T07:00:00.000Z',
    ],
    [
      'the hour that is missing is skipped',
      'cron(0/15 * * * ? *)',
      '2026-03-08T06:45:00Z',
      '2026-03-08T07:00:00.000Z',
    ],
    ['a rate counts real time', 'rate(30 minutes)', '2026-11-01T05:30:00Z', '2026-11-01T06:00:00.000Z'],
  ])('when the clock changes: %s', (_, expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  test('a time that never exists never fires', () => {
    expect(next('cron(30 2 8 3 ? 2026)', '2026-01-01T00:00:00Z')).toBeUndefined();
  });
});

/** Another way to the same ticks: each minute of a span is asked what the clock shows. */
function minutesThatFire(fields: Record<Unit, number[]>, zone: string, from: Date, hours: number): string[] {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', weekday: 'short' },
    ...{ month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
  });
  const shown = new Set<string>();
  const found: string[] = [];
  for (
    let time = from.getTime() - 6 * 3_600_000;
    time <= from.getTime() + hours * 3_600_000;
    time += 60_000
  ) {
    const clock = format.format(time);
    const of = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const fires =
      fields.minute.includes(Number(of.minute)) &&
      fields.hour.includes(Number(of.hour)) &&
      fields.month.includes(Number(of.month)) &&
      fields.weekday.includes(['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(of.weekday!) + 1);
    const isFirst = !shown.has(clock);
    shown.add(clock);
    if (fires && isFirst && time > from.getTime()) found.push(new Date(time).toISOString());
  }
  return found;
}
const listed = (...fields: number[][]) => fields.map((field) => field.join(',')).join(' ');
type Unit = 'minute' | 'hour' | 'month' | 'weekday';

test('every schedule fires in the minutes in which the clock shows its times, around the changes of clocks', () => {
  const some = (first: number, last: number) =>
    fc.uniqueArray(fc.integer({ min: first, max: last }), { minLength: 1, maxLength: 4 });
  const around = fc.constantFrom(
    ['America/New_York', '2026-03-07T20:00:00Z'],
    ['America/New_York', '2026-10-31T20:00:00Z'],
    ['Europe/Berlin', '2026-03-28T20:00:00Z'],
    ['Europe/Berlin', '2026-10-24T20:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T10:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T10:00:00Z'],
    ['America/Santiago', '2026-09-05T20:00:00Z'],
    ['Asia/Kolkata', '2026-12-31T12:00:00Z'],
  );
  const fields = fc.record({
    minute: some(0, 59),
    hour: some(0, 23),
    month: some(1, 12),
    weekday: some(1, 7),
  });
  fc.assert(
    fc.property(fields, around, fc.integer({ min: 0, max: 900 }), (some, [zone, start], minutes) => {
      const from = new Date(Date.parse(start) + minutes * 60_000);
      const expected = minutesThatFire(some, zone, from, 24);
      const schedule = parseSchedule(
        `cron(${listed(some.minute, some.hour)} ? ${listed(some.month, some.weekday)} *)`,
      );
      const ticks = nextTicks(schedule, zone, from, expected.length + 1).map((tick) => tick.toISOString());
      expect(ticks.slice(0, expected.length)).toEqual(expected);
      const following = ticks[expected.length];
      if (following) expect(Date.parse(following)).toBeGreaterThan(from.getTime() + 24 * 3_600_000);
    }),
    { numRuns: 60, seed: 2 },
  );
});
