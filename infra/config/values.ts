import * as z from 'zod';
import { parseSchedule, ScheduleError } from '../schedule/expression.ts';
import { nextTick } from '../schedule/next-tick.ts';

/** What `-c key=value` gives is text; cdk.json may hold the number itself. */
export const wholeNumber = (min: number, max: number) =>
  z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(min).max(max));
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => value === true || value === 'true');
export const idList = (pattern: RegExp) =>
  z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.string().regex(pattern)));

/** A schedule that EventBridge Scheduler takes and that fires some day, be it in the past; its expression, in capitals and with single blanks. */
export const scheduleExpression = z.string().transform((text, context) => {
  try {
    const schedule = parseSchedule(text);
    if (nextTick(schedule, 'UTC', new Date(0))) return schedule.expression;
    context.addIssue({ code: 'custom', message: 'there is no such day' });
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
  return z.NEVER;
});

/** A name of IANA's as it writes it: `Intl` also takes other case, and newer ones offsets, which the Scheduler may not. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(zone)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}
