import * as z from 'zod';
import { instant, price, recentPrices, stockSymbol } from './stock.ts';
import { idempotencyKey } from './text.ts';

/** The price of a symbol as of an instant (default: now). */
export const checkStockPrice = {
  name: 'check-stock-price',
  request: z.strictObject({
    symbol: stockSymbol,
    at: instant.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  /**
   * `as_of` is when the market had this price, which may be earlier than what was asked for. `recent_prices` are those
   * before it, oldest first, if the strategy needs them.
   */
  response: z.object({ stock_price: price, as_of: instant, recent_prices: recentPrices.optional() }),
};
