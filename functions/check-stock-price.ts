import * as z from 'zod';
import { checkStockPrice } from './contracts/check-stock-price.ts';
import { MOST_PRICES } from './contracts/stock.ts';
import { market } from './market/index.ts';
import { barsSince } from './market/bars-since.ts';
import { fromEnvironment } from './shared/environment.ts';
import { stockFunction } from './shared/stock-function.ts';

/** How many closes the strategy looks at in addition to the new ones, and how many minutes a bar has. */
const environment = z.object({
  RECENT_PRICES: z.coerce
    .number()
    .int()
    .min(0)
    .max(MOST_PRICES - 1)
    .default(0),
  BAR_MINUTES: z.coerce.number().int().min(1).default(5),
});
const { RECENT_PRICES, BAR_MINUTES } = fromEnvironment(() => environment.parse(process.env));

export const handler = stockFunction(checkStockPrice, async ({ symbol, at, since }) => {
  const instant = at === undefined ? new Date() : new Date(at);
  const recent =
    RECENT_PRICES === 0
      ? undefined
      : await barsSince(market, symbol, {
          endedBy: instant,
          since: since === undefined ? undefined : new Date(since),
          looksBack: RECENT_PRICES,
          everyMinutes: BAR_MINUTES,
          most: MOST_PRICES,
        });
  // After the bars, so that it is the newest price that there is.
  const { price, asOf } = await market.quote(symbol, instant);
  const lastEnd = recent?.bars.at(-1)?.end;
  return {
    stock_price: price,
    as_of: asOf.toISOString(),
    ...(recent && { recent_prices: recent.bars.map(({ close }) => close), new_prices: recent.fresh }),
    ...(lastEnd && { last_bar: lastEnd.toISOString() }),
  };
});
