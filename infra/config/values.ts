import * as z from 'zod';
import { price, quantity } from '../../functions/contracts/stock.ts';
import { parseSchedule, ScheduleError } from '../schedule/expression.ts';
import { nextTick } from '../schedule/next-tick.ts';

// Each schema is described by what it takes. `-c key=value` gives text; cdk.json may hold the number or flag itself.

export const wholeNumber = (unit: string, min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
    .pipe(z.int().min(min).max(max))
    .describe(`a whole number of ${unit} from ${min} to ${max}`);

/** Text that is one decimal string, however it is given. */
export const shares = () =>
  quantity.describe('a number of shares such as 3 or "0.25", of at most nine decimals');

/** What a schema takes, or the word that takes a default away. */
export const orOff = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([schema, z.literal('off')]).describe(`${schema.description}, or "off"`);

export const flag = () =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])])
    .transform((value) => value === true || value === 'true')
    .describe('true or false');

export const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) => {
  const [last, ...others] = names.map((name) => `"${name}"`).reverse();
  return z.enum(names).describe(`${others.reverse().join(', ')} or ${last}`);
};

export const matching = (pattern: RegExp, takes: string) => z.string().regex(pattern).describe(takes);

export const list = (pattern: RegExp, takes: string) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.string().regex(pattern)))
    .describe(takes);

export const secretName = () =>
  matching(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'the name of a secret: letters, digits and /_+=.@-');

export const email = () => z.email().describe('an e-mail address');

export const dollars = () => price.describe('an amount in dollars as text, such as "5000.00"');

/** What EventBridge Scheduler takes and what fires on some day, past or future; in capitals and with single blanks. */
export const scheduleExpressions = () =>
  z
    .union([z.string(), z.array(z.string()).transform((all) => all.join(';'))])
    .transform((text, context) => {
      try {
        const schedule = parseSchedule(text);
        const never = schedule.expressions.find(
          (each) => !nextTick({ ...schedule, expressions: [each] }, 'UTC', new Date(0)),
        );
        if (!never) return schedule.text;
        context.addIssue({ code: 'custom', message: 'there is no such day' });
      } catch (error) {
        if (!(error instanceof ScheduleError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
      return z.NEVER;
    })
    .describe(
      'an EventBridge Scheduler cron(...) of six fields, or a rate(...) such as "rate(5 minutes)"; or several, with ";" between them or as a list',
    );

export const timeZone = () =>
  z.string().refine(isTimeZone).describe('an IANA time zone, such as "America/New_York"');

/** `Intl` also takes names in another case, and newer versions take offsets, which the Scheduler may refuse. */
function isTimeZone(zone: string): boolean {
  if (!/^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/.test(zone)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}
