import * as z from 'zod';
import { price, recentPrices, recommendation } from './stock.ts';
import { idempotencyKey } from './text.ts';

/** Whether to buy, to sell or to hold at a price, and after those before it, oldest first. */
export const generateBuySellRecommendation = {
  name: 'generate-buy-sell-recommendation',
  request: z.strictObject({
    stock_price: price,
    recent_prices: recentPrices.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  response: recommendation,
};
