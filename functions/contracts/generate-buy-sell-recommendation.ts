import * as z from 'zod';
import { idempotencyKey, price, tradeType } from './stock.ts';

/** Whether to buy or to sell at a price. */
export const generateBuySellRecommendation = {
  name: 'generate-buy-sell-recommendation',
  request: z.strictObject({ stock_price: price, idempotencyKey: idempotencyKey.optional() }),
  response: tradeType,
};
