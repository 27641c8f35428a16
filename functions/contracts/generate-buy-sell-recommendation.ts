import * as z from 'zod';
import { idempotencyKey, price, recommendation } from './stock.ts';

/** Whether to buy, to sell or to hold at a price. */
export const generateBuySellRecommendation = {
  name: 'generate-buy-sell-recommendation',
  request: z.strictObject({ stock_price: price, idempotencyKey: idempotencyKey.optional() }),
  response: recommendation,
};
