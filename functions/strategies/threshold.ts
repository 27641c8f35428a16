import { Decimal } from 'decimal.js';
import type { TradeType } from '../contracts/stock.ts';

/** Sells above the threshold, buys at it and below; both in dollars as decimal strings. */
export function threshold(stockPrice: string, sellAbove: string): TradeType {
  return new Decimal(stockPrice).greaterThan(sellAbove) ? 'sell' : 'buy';
}
