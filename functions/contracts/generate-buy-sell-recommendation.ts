import * as z from 'zod';
import { newPrices, price, recentPrices, recommendation } from './stock.ts';
import { idempotencyKey } from './text.ts';

/**
 * Whether to buy, to sell or to hold at a price, and after the closes of finished bars, oldest first. By default, the
 * newest of them is new.
 */
export const generateBuySellRecommendation = {
  name: 'generate-buy-sell-recommendation',
  request: z.strictObject({
    stock_price: price,
    recent_prices: recentPrices.optional(),
    new_prices: newPrices.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  response: recommendation,
};
