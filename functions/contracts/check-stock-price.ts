import * as z from 'zod';
import { idempotencyKey, price, stockSymbol } from './stock.ts';

/** The price of a symbol as of an instant (default: now). */
export const checkStockPrice = {
  name: 'check-stock-price',
  request: z.strictObject({
    symbol: stockSymbol,
    at: z.iso
      .datetime({ error: 'an instant is an ISO 8601 time in UTC, such as "2026-01-05T14:30:00Z"' })
      .optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  response: z.object({ stock_price: price }),
};
