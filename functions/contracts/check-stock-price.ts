import * as z from 'zod';
import { instant, newPrices, price, recentPrices, stockSymbol } from './stock.ts';
import { idempotencyKey } from './text.ts';

/** The price of a symbol as of an instant (default: now). */
export const checkStockPrice = {
  name: 'check-stock-price',
  request: z.strictObject({
    symbol: stockSymbol,
    at: instant.optional(),
    /** The `last_bar` of the decision before: bars that ended later are new. */
    since: instant.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  /**
   * `as_of` is when the market had this price, which may be earlier than what was asked for.
   *
   * If the strategy needs them, `recent_prices` are the closes of bars that were finished by the instant, and
   * `new_prices` how many of them ended after `since`; without `since`, the newest is new. `last_bar` is when the newest
   * ended, if there is one. The price itself is not among them.
   */
  response: z.object({
    stock_price: price,
    as_of: instant,
    recent_prices: recentPrices.optional(),
    new_prices: newPrices.optional(),
    last_bar: instant.optional(),
  }),
};
