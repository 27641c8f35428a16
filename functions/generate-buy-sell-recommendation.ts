import { generateBuySellRecommendation } from './contracts/generate-buy-sell-recommendation.ts';
import { price } from './contracts/stock.ts';
import { requiredVariable } from './shared/environment.ts';
import { stockFunction } from './shared/stock-function.ts';
import { threshold } from './strategies/threshold.ts';

const sellAbove = price.parse(requiredVariable('SELL_ABOVE'));

export const handler = stockFunction(generateBuySellRecommendation, ({ stock_price }) =>
  threshold(stock_price, sellAbove),
);
