import type * as z from 'zod';
import type { MarketConfig } from './market.ts';
import { key, only } from './key.ts';
import { dollars, flag, matching, orOff, shares as quantityOf, wholeNumber } from './values.ts';

const shares = () => quantityOf().optional();

/**
 * Bounds on the price of an order where no key sets them. The age is that of a tick that may still start
 * (`maxTickAgeMinutes`): one of the feeds, `iex`, has some minutes without a trade in many stocks.
 */
const REAL_MARKET = { maxPriceAgeMinutes: 15, maxPriceMovePercent: '2' };

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
  maxGrossExposure: key(dollars().optional(), {
    does: 'the most dollars that are held or owed in all symbols together, with what is under way',
  }),
  maxDailyOrders: key(wholeNumber('orders', 1, 1_000_000).optional(), {
    does: 'the most orders of all symbols together in one day of `timeZone`',
  }),
  maxDailyLoss: key(dollars().optional(), {
    does: 'the loss that all symbols together may realize in one day of `timeZone`; once it is reached, trading halts by itself',
  }),
  allowShortSelling: key(flag().optional(), {
    does: 'whether more may be sold than is held; the default is `true` on the simulated market, `false` on any other',
  }),
  maxPriceAgeMinutes: key(orOff(wholeNumber('minutes', 1, 10_080)).optional(), {
    does: `an order whose price is older is refused; the default is \`${REAL_MARKET.maxPriceAgeMinutes}\` on a real market, none on the simulated one; \`cdk synth\` warns about \`off\` on a real one`,
  }),
  maxPriceMovePercent: key(
    orOff(
      matching(/^(?=.*[1-9])(0|[1-9]\d{0,2})(\.\d{1,4})?$/, 'a percentage as text, such as "2.5"'),
    ).optional(),
    {
      does: `an order is refused if the market's price has moved from the order's price by more; the default is \`${REAL_MARKET.maxPriceMovePercent}\` on a real market, none on the simulated one; \`cdk synth\` warns about \`off\` on a real one`,
    },
  ),
};

/** What buy and sell check an order against; undefined without any limit. Only the simulated market lends shares. */
export function toLimits(
  keys: z.output<z.ZodObject<typeof limitKeys>>,
  market: MarketConfig,
  timeZone: string,
): Record<string, unknown> | undefined {
  const isReal = market.name !== 'simulated';
  const set = Object.entries(only(limitKeys, keys)).filter(([, value]) => value !== undefined);
  const allowShortSelling = !isReal;
  const chosen = { allowShortSelling, ...(isReal && REAL_MARKET), ...Object.fromEntries(set) };
  const limits = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== 'off'));
  const isLimited = Object.keys(limits).length > 1 || limits['allowShortSelling'] === false;
  return isLimited ? { ...limits, timeZone } : undefined;
}

/** The bounds of a price that are missing, though the market is real. */
export function missingBounds(market: MarketConfig, limits: Record<string, unknown> | undefined): string[] {
  if (market.name === 'simulated') return [];
  return Object.keys(REAL_MARKET).filter((name) => limits?.[name] === undefined);
}
