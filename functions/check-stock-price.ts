import { checkStockPrice } from './contracts/check-stock-price.ts';
import { simulatedPrice } from './market/simulated-price.ts';
import { stockFunction } from './shared/stock-function.ts';

export const handler = stockFunction(checkStockPrice, ({ symbol, at }) => ({
  stock_price: simulatedPrice(symbol, at === undefined ? Date.now() : Date.parse(at)),
}));
