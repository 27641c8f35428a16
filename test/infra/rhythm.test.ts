import { openHours } from '../../infra/stack/open-hours.ts';
import { rhythmOf } from '../../infra/schedule/rhythm.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const ALL_WEEK = Array.from({ length: 168 }, (_, hour) => hour);
const rhythm = (expression: string) => rhythmOf(expression, 'America/New_York');

describe('the rhythm of a schedule', () => {
  test('counts the hours that are its own in summer and in winter', () => {
    // 9:00 to 15:55 in New York is 13:00 to 19:55 UTC in summer, and an hour later in winter.
    const hours = [0, 1, 2, 3, 4].flatMap((day) => [14, 15, 16, 17, 18].map((hour) => day * 24 + hour));
    expect(rhythm('cron(0/5 9-15 ? * MON-FRI *)')).toEqual({ windowMs: 10 * MINUTE_MS, hours });
  });

  test('of several expressions is that of all of them together', () => {
    // From 9:30 on: the hour in which the first tick is half past holds a window without any.
    const hours = [0, 1, 2, 3, 4].flatMap((day) => [15, 16, 17, 18].map((hour) => day * 24 + hour));
    const regular = 'cron(30/5 9 ? * MON-FRI *); cron(0/5 10-15 ? * MON-FRI *)';
    expect(rhythm(regular)).toEqual({ windowMs: 10 * MINUTE_MS, hours });
    expect(rhythm('cron(0 0/2 * * ? *); cron(0 1/2 * * ? *)')).toEqual(rhythm('rate(1 hour)'));
  });

  test('of several expressions takes no account of those that pause', () => {
    const january = 'cron(0/1 * ? JAN * *)';
    expect(rhythm(`rate(1 hour); ${january}`)).toEqual(rhythm('rate(1 hour)'));
    expect(rhythm(`${january}; cron(0 9 1 * ? *)`)).toBeUndefined();
  });

  test.each([
    ['rate(1 minute)', 2 * MINUTE_MS],
    ['cron(0/30 * * * ? *)', 60 * MINUTE_MS],
    ['rate(1 day)', 2 * DAY_MS],
  ])('of %s has no pause', (expression, windowMs) => {
    expect(rhythm(expression)).toEqual({ windowMs, hours: ALL_WEEK });
  });

  test('of working days is that of its weekend', () => {
    expect(rhythm('cron(0 10 ? * MON-FRI *)')!.windowMs).toBeGreaterThanOrEqual(6 * DAY_MS);
  });

  test.each([
    ...[
      'cron(0/5 9-15 ? 1-6 MON-FRI *)',
      'cron(0/5 9-15 1-15 * ? *)',
      'cron(0 * ? JAN,JUL * *)',
      'cron(0/5 * L * ? *)',
    ],
    ...['cron(0 9 1 * ? *)', 'cron(0 9 L * ? *)', 'cron(0 9 ? * MON-FRI 2030)'],
  ])('of %s is too slow, or pauses for part of a year', (expression) => {
    expect(rhythm(expression)).toBeUndefined();
  });
});

describe('metric math for open hours', () => {
  test('is the metric itself where all are open', () => {
    expect(openHours(ALL_WEEK, 'm', { closed: 1 })).toBe('m');
  });

  test('joins days that have the same hours', () => {
    expect(openHours([9, 10, 33, 34, 120], 'm', { closed: 1 })).toBe(
      'IF((((DAY(m) >= 1 AND DAY(m) <= 2)) AND ((HOUR(m) >= 9 AND HOUR(m) <= 10))) OR ' +
        '(((DAY(m) >= 6 AND DAY(m) <= 6)) AND ((HOUR(m) >= 0 AND HOUR(m) <= 0))), m, 1)',
    );
  });
});
