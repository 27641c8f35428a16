import * as z from 'zod';
import { checkStockPrice } from './contracts/check-stock-price.ts';
import { market } from './market/index.ts';
import { fromEnvironment } from './shared/environment.ts';
import { stockFunction } from './shared/stock-function.ts';

const MINUTE_MS = 60_000;

/** How many earlier prices the strategy looks at, and how many minutes lie between two of them. */
const environment = z.object({
  RECENT_PRICES: z.coerce.number().int().min(0).default(0),
  BAR_MINUTES: z.coerce.number().int().min(1).default(5),
});
const { RECENT_PRICES, BAR_MINUTES } = fromEnvironment(() => environment.parse(process.env));

export const handler = stockFunction(checkStockPrice, async ({ symbol, at }) => {
  const instant = at === undefined ? new Date() : new Date(at);
  const { price, asOf } = await market.quote(symbol, instant);
  const answer = { stock_price: price, as_of: asOf.toISOString() };
  if (RECENT_PRICES === 0) return answer;
  const before = new Date(instant.getTime() - BAR_MINUTES * MINUTE_MS);
  return { ...answer, recent_prices: await market.history(symbol, before, RECENT_PRICES, BAR_MINUTES) };
});
