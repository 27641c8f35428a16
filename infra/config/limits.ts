import * as z from 'zod';
import { price } from '../../functions/contracts/stock.ts';
import { flag, wholeNumber } from './values.ts';
import type { MarketConfig } from './market.ts';

const shares = wholeNumber(1, 1_000_000_000).optional().describe('a whole number of shares');
const dollars = price.optional().describe('an amount in dollars as text, such as "5000.00"');

/** The keys of the limits that buy and sell hold each order against. */
export const limitKeys = {
  maxOrderQuantity: shares,
  maxOrderValue: dollars,
  maxDailyQuantity: shares,
  maxDailyValue: dollars,
  maxPosition: shares,
  allowShortSelling: flag.optional().describe('true or false'),
  maxPriceAgeMinutes: wholeNumber(1, 10_080).optional().describe('a whole number of minutes from 1 to 10080'),
  maxPriceMovePercent: z
    .string()
    .regex(/^(?=.*[1-9])(0|[1-9]\d{0,2})(\.\d{1,4})?$/)
    .optional()
    .describe('a percentage as text, such as "2.5"'),
};
export type LimitKey = keyof typeof limitKeys;

const names = Object.keys(limitKeys) as LimitKey[];

/** Takes the limits out of the other keys; undefined where nothing is limited. Only the simulated market lends shares unasked. */
export function toLimits<
  Keys extends Partial<Record<LimitKey, unknown>> & { timeZone: string; market: MarketConfig },
>(keys: Keys): Omit<Keys, LimitKey> & { limits: Record<string, unknown> | undefined } {
  const others: Partial<Keys> = { ...keys };
  for (const name of names) delete others[name];
  const allowShortSelling = keys.allowShortSelling ?? keys.market.name === 'simulated';
  const given = Object.entries({ ...keys, allowShortSelling }).filter(
    ([name, value]) => (names as string[]).includes(name) && value !== undefined,
  );
  const isLimited = given.length > 1 || !allowShortSelling;
  return {
    ...(others as Omit<Keys, LimitKey>),
    limits: isLimited ? { ...Object.fromEntries(given), timeZone: keys.timeZone } : undefined,
  };
}
