import { Cron } from 'croner';

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Thrown for what EventBridge Scheduler knows and this file doesn't read: years, and L, W and #. */
export class UnreadScheduleError extends Error {
  override readonly name = 'UnreadScheduleError';
}

/**
 * The first time after `after` at which EventBridge Scheduler would fire.
 *
 * @param expression `rate(5 minutes)` or `cron(minutes hours day-of-month month day-of-week year)`
 * @param timeZone IANA name, in which a cron expression is read
 */
export function nextTick(expression: string, timeZone: string, after: Date): Date {
  const [next] = nextTicks(expression, timeZone, after, 1);
  if (!next) throw new Error(`The schedule ${expression} never fires again.`);
  return next;
}

/** The first `count` times after `after`; fewer where the schedule ends before. */
export function nextTicks(expression: string, timeZone: string, after: Date, count: number): Date[] {
  const rate = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) {
    const period = Number(rate[1]) * UNIT_MS[rate[2]!]!;
    const first = Math.floor(after.getTime() / period) + 1;
    return Array.from({ length: count }, (_, index) => new Date((first + index) * period));
  }
  return new Cron(toPattern(expression), { timezone: timeZone }).nextRuns(count, after);
}

/** The expression as cron is written elsewhere. */
function toPattern(expression: string): string {
  const fields = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression)?.slice(1);
  if (!fields)
    throw new Error(`The schedule ${expression} is neither rate(...) nor cron(...) with six fields.`);
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (year !== '*')
    throw new UnreadScheduleError(`The schedule ${expression} names a year; only * is read here.`);
  if (/[LW#]/.test(dayOfMonth + dayOfWeek.replace(/[A-Z]{3}/g, ''))) {
    throw new UnreadScheduleError(
      `The schedule ${expression} uses L, W or #; only numbers, names, lists and steps are read here.`,
    );
  }
  return [
    stepped(minutes, 59),
    stepped(hours, 23),
    stepped(dayOfMonth.replace('?', '*'), 31),
    stepped(month, 12),
    // AWS counts the days of the week from 1 (Sunday), cron elsewhere from 0.
    dayOfWeek.replace('?', '*').replace(/\b[1-7]\b(?<!\/[1-7])/g, (day) => String(Number(day) - 1)),
  ].join(' ');
}

/** AWS's `0/5` is `0-59/5` elsewhere. */
function stepped(field: string, last: number): string {
  return field.replace(/^(\d+)\//, (_, from: string) => `${from}-${last}/`);
}
