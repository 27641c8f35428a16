import { nextTick } from '../../infra/schedule/next-tick.ts';

const next = (expression: string, after: string, zone = 'America/New_York') =>
  nextTick(expression, zone, new Date(after)).toISOString();

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

  test.each([['cron(* * *)'], ['every day'], ['cron(0 12 ? * 2 2030)']])('refuses %s', (expression) => {
    expect(() => next(expression, '2026-01-05T00:00:00Z')).toThrow(expression);
  });
});
