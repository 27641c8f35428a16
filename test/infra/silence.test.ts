import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { parseSchedule } from '../../infra/schedule/expression.ts';
import { nextTicks } from '../../infra/schedule/next-tick.ts';
import { compute, type Series } from '../support/metric-math.ts';
import { templateWith } from '../support/stack-template.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DEFAULT = 'cron(30/5 9 ? * MON-FRI *); cron(0/5 10-15 ? * MON-FRI *)';

const alarm = z.object({
  ComparisonOperator: z.literal('LessThanThreshold'),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  TreatMissingData: z.enum(['breaching', 'notBreaching']),
  Metrics: z.array(
    z.object({
      Id: z.string(),
      Expression: z.string().optional(),
      ReturnData: z.boolean().optional(),
      MetricStat: z
        .object({
          Metric: z.object({ MetricName: z.enum(['RunsStarted', 'TicksClosed']) }),
          Period: z.number(),
        })
        .optional(),
    }),
  ),
});
type Alarm = z.infer<typeof alarm>;

const templates = new Map<string, Template>();
function silenceAlarm(schedule = DEFAULT): Alarm {
  const template = templates.get(schedule) ?? templateWith({ schedule });
  templates.set(schedule, template);
  const [found] = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).filter(([id]) =>
    id.startsWith('alarmsnoruns'),
  );
  return alarm.parse((found![1] as { Properties: unknown }).Properties);
}

/**
 * Whether the alarm is on, as CloudWatch evaluates it at a minute: over windows that end there, with more of them than
 * it needs.
 *
 * @param closed ticks at which the market was closed
 */
function isOn(
  of: Alarm,
  runs: number[],
  now: number,
  emptyStaysEmpty: boolean,
  closed: number[] = [],
): boolean {
  const periodMs = of.Metrics.find(({ MetricStat }) => MetricStat)!.MetricStat!.Period * 1000;
  const count = of.EvaluationPeriods + 3;
  const times = Array.from({ length: count }, (_, index) => now - (count - index) * periodMs);
  const counted = (instants: number[]): Series => {
    const series: Series = new Map();
    for (const instant of instants) {
      const window = times[Math.floor((instant - times[0]!) / periodMs)];
      if (window !== undefined) series.set(window, (series.get(window) ?? 0) + 1);
    }
    return series;
  };
  const data = {
    times,
    emptyStaysEmpty,
    of: (id: string): Series => {
      const { Expression, MetricStat } = of.Metrics.find(({ Id }) => Id === id)!;
      if (Expression !== undefined) return compute(Expression, data);
      return counted(MetricStat!.Metric.MetricName === 'RunsStarted' ? runs : closed);
    },
  };
  const values = data.of(of.Metrics.find(({ ReturnData }) => ReturnData !== false)!.Id);
  return times.slice(-of.EvaluationPeriods).every((time) => {
    const value = values.get(time);
    return value === undefined ? of.TreatMissingData === 'breaching' : value < of.Threshold;
  });
}

/** The minutes from one instant to another at which the alarm is on; of a week, each seventh is looked at. */
function minutesOn(of: Alarm, runs: number[], from: number, to: number, emptyStaysEmpty: boolean): string[] {
  const on: string[] = [];
  const step = to - from > DAY ? 7 * MINUTE : MINUTE;
  for (let now = from; now < to; now += step) {
    if (isOn(of, runs, now, emptyStaysEmpty)) on.push(new Date(now).toISOString().slice(0, 16));
  }
  return on;
}

/** Runs of a schedule in New York, each a few seconds after its tick. */
function runsOf(schedule: string, from: number, to: number): number[] {
  const ticks = [from - 1];
  while (ticks.at(-1)! < to) {
    const more = nextTicks(parseSchedule(schedule), 'America/New_York', new Date(ticks.at(-1)!), 100);
    ticks.push(...more.map((tick) => tick.getTime()));
  }
  return ticks
    .slice(1)
    .map((tick) => tick + 4_000)
    .filter((run) => run < to);
}

const monday = { winter: Date.parse('2026-01-12'), summer: Date.parse('2026-07-13') };

describe.each([
  ['that an empty range has values', false],
  ['that an empty range stays empty', true],
])('the alarm on silence, under the reading %s', (_, emptyStaysEmpty) => {
  const usual = () => silenceAlarm();

  test.each(['winter', 'summer'] as const)('is off all through a week of %s with runs', (season) => {
    const begin = monday[season];
    const runs = runsOf(DEFAULT, begin - 3 * DAY, begin + 8 * DAY);
    expect(minutesOn(usual(), runs, begin, begin + 7 * DAY, emptyStaysEmpty)).toEqual([]);
  });

  test('turns on within two ticks of the last run by day, and off for the night', () => {
    const wednesday = monday.winter + 2 * DAY;
    const stop = wednesday + 16 * HOUR;
    const runs = runsOf(DEFAULT, monday.winter, stop);
    const on = minutesOn(usual(), runs, wednesday, wednesday + DAY, emptyStaysEmpty);
    expect(on[0]).toBe('2026-01-14T16:06');
    // The last window that begins in an hour of the schedule, winter and summer, ends ten minutes later.
    expect(on.at(-1)).toBe('2026-01-14T19:09');
    expect(on).toHaveLength(184);
  });

  test('is on in the hours of the schedule, and in no others, if there was never a run', () => {
    const on = minutesOn(usual(), [], monday.summer, monday.summer + 7 * DAY, emptyStaysEmpty);
    const days = new Set(on.map((minute) => minute.slice(0, 10)));
    expect([...days]).toEqual(['2026-07-13', '2026-07-14', '2026-07-15', '2026-07-16', '2026-07-17']);
    expect(on[0]).toBe('2026-07-13T15:10');
    expect(new Set(on.map((minute) => minute.slice(11, 13)))).toEqual(
      new Set(['15', '16', '17', '18', '19']),
    );
    expect(on).toHaveLength(Math.ceil((5 * 240) / 7));
  });

  test('is off on the first day from the first run on, after a deployment by night or by day', () => {
    for (const hour of [3, 16]) {
      const deployed = monday.winter + hour * HOUR;
      const runs = runsOf(DEFAULT, deployed, deployed + DAY);
      expect(minutesOn(usual(), runs, runs[0]! + MINUTE, deployed + DAY, emptyStaysEmpty)).toEqual([]);
    }
  });

  test('is off on a holiday, where each tick finds the market closed', () => {
    const day = monday.winter + DAY;
    const closed = runsOf(DEFAULT, day, day + DAY);
    for (let now = day; now < day + DAY; now += MINUTE) {
      expect(isOn(usual(), [], now, emptyStaysEmpty, closed)).toBe(false);
    }
  });

  test.each([
    ['rate(1 minute)', 3],
    ['rate(1 hour)', 121],
    ['cron(0 10 ? * MON-FRI *)', 7 * 24 * 60 + 1],
  ])('of %s is off with runs, and on at most %i minutes after the last', (schedule, minutes) => {
    const of = silenceAlarm(schedule);
    const runs = runsOf(schedule, monday.winter - 2 * minutes * MINUTE - DAY, monday.winter + 16 * HOUR);
    const last = runs.at(-1)!;
    const at = (after: number) => isOn(of, runs, Math.floor(last / MINUTE + after) * MINUTE, emptyStaysEmpty);
    expect([1, minutes / 2, minutes - 1].map(at)).toEqual([false, false, false]);
    expect(at(minutes)).toBe(true);
  });
});

test('an expression with FILL alone is found to be wrong: it is on at night', () => {
  const of = silenceAlarm();
  const filled = of.Metrics.map((metric) =>
    metric.Expression?.startsWith('TIME_SERIES') ? { ...metric, Expression: 'FILL(started, 0)' } : metric,
  );
  const night = monday.winter + 3 * HOUR;
  expect(isOn({ ...of, Metrics: filled }, [], night, true)).toBe(true);
  expect(isOn(of, [], night, true)).toBe(false);
});
