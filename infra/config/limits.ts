import type * as z from 'zod';
import type { MarketConfig } from './market.ts';
import { key, only } from './key.ts';
import { dollars, flag, matching, shares as quantityOf, wholeNumber } from './values.ts';

const shares = () => quantityOf().optional();

/** The limits of each order. */
export const limitKeys = {
  maxOrderQuantity: key(shares(), { does: 'the most shares in one order' }),
  maxOrderValue: key(dollars().optional(), { does: 'the highest value of one order' }),
  maxDailyQuantity: key(shares(), {
    does: 'the most shares of a symbol that are bought and sold in one day of `timeZone`',
  }),
  maxDailyValue: key(dollars().optional(), {
    does: 'the highest value of the orders of a symbol in one day of `timeZone`',
  }),
  maxPosition: key(shares(), { does: 'the most shares of a symbol that are held, or owed' }),
  allowShortSelling: key(flag().optional(), {
    does: 'whether more may be sold than is held; the default is `true` on the simulated market, `false` on any other',
  }),
  maxPriceAgeMinutes: key(wholeNumber('minutes', 1, 10_080).optional(), {
    does: 'an order whose price is older is refused',
  }),
  maxPriceMovePercent: key(
    matching(/^(?=.*[1-9])(0|[1-9]\d{0,2})(\.\d{1,4})?$/, 'a percentage as text, such as "2.5"').optional(),
    { does: "an order is refused if the market's price has moved from the order's price by more" },
  ),
};

/** What buy and sell check an order against; undefined without any limit. Only the simulated market lends shares. */
export function toLimits(
  keys: z.output<z.ZodObject<typeof limitKeys>>,
  market: MarketConfig,
  timeZone: string,
): Record<string, unknown> | undefined {
  const allowShortSelling = keys.allowShortSelling ?? market.name === 'simulated';
  const limits = Object.entries({ ...only(limitKeys, keys), allowShortSelling }).filter(
    ([, value]) => value !== undefined,
  );
  const isLimited = limits.length > 1 || !allowShortSelling;
  return isLimited ? { ...Object.fromEntries(limits), timeZone } : undefined;
}
