import * as z from 'zod';
import { nextTick, UnreadScheduleError } from '../schedule/next-tick.ts';

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

export function isSchedule(expression: string): boolean {
  try {
    return Boolean(nextTick(expression, 'UTC', new Date()));
  } catch (error) {
    return error instanceof UnreadScheduleError;
  }
}

export function isTimeZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}
