import { Cron } from 'croner';

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * The first time after `after` at which EventBridge Scheduler would fire.
 *
 * @param expression `rate(5 minutes)` or `cron(minutes hours day-of-month month day-of-week year)`
 * @param timeZone IANA name, in which a cron expression is read
 */
export function nextTick(expression: string, timeZone: string, after: Date): Date {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) {
    const period = Number(rate[1]) * UNIT_MS[rate[2]!]!;
    return new Date((Math.floor(after.getTime() / period) + 1) * period);
  }
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
  if (year !== '*') throw new Error(`The schedule ${expression} names a year; the local run takes * there.`);

  if (/[LW#]/.test(dayOfMonth + dayOfWeek.replace(/[A-Z]{3}/g, ''))) {
    throw new Error(
      `The schedule ${expression} uses L, W or #; the local run knows numbers, names, lists and steps.`,
    );
  }
  const pattern = [
    stepped(minutes, 59),
    stepped(hours, 23),
    stepped(dayOfMonth.replace('?', '*'), 31),
    stepped(month, 12),
    // AWS counts the days of the week from 1 (Sunday), cron elsewhere from 0.
    dayOfWeek.replace('?', '*').replace(/\b[1-7]\b(?<!\/[1-7])/g, (day) => String(Number(day) - 1)),
  ].join(' ');
  const next = new Cron(pattern, { timezone: timeZone }).nextRun(after);
  if (!next) throw new Error(`The schedule ${expression} never fires again.`);
  return next;
}

/** AWS's `0/5` is `0-59/5` elsewhere. */
function stepped(field: string, last: number): string {
  return field.replace(/^(\d+)\//, (_, from: string) => `${from}-${last}/`);
}
