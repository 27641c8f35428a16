import { checkStockPrice } from './contracts/check-stock-price.ts';
import { market } from './market/index.ts';
import { stockFunction } from './shared/stock-function.ts';

export const handler = stockFunction(checkStockPrice, async ({ symbol, at }) => {
  const { price, asOf } = await market.quote(symbol, at === undefined ? new Date() : new Date(at));
  return { stock_price: price, as_of: asOf.toISOString() };
});
