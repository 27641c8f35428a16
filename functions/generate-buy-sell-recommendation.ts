import { generateBuySellRecommendation } from './contracts/generate-buy-sell-recommendation.ts';
import { fromEnvironment } from './shared/environment.ts';
import { stockFunction } from './shared/stock-function.ts';
import { toStrategy } from './strategies/index.ts';
import { recommend } from './strategies/strategy.ts';

const { STRATEGY = 'threshold', SELL_ABOVE, SHORT_WINDOW, LONG_WINDOW } = process.env;
const settings = {
  strategy: STRATEGY,
  sellAbove: SELL_ABOVE,
  shortWindow: SHORT_WINDOW,
  longWindow: LONG_WINDOW,
};
const strategy = fromEnvironment(() => toStrategy(settings));

export const handler = stockFunction(
  generateBuySellRecommendation,
  ({ stock_price: price, recent_prices: closes = [], new_prices: fresh = 1 }) =>
    recommend(strategy, { price, closes, fresh }),
);
