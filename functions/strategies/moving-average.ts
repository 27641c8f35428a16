import { Money } from '../shared/money.ts';
import type { Strategy } from './strategy.ts';

/**
 * Buys when the short average crosses above the long one, sells when it crosses below, and holds otherwise.
 *
 * @param short how many prices the short average has
 * @param long how many prices the long average has; more than the short one
 */
export function movingAverage(short: number, long: number): Strategy {
  /** The sign of the short average minus the long one, without a division, which would need rounding. */
  const lead = (prices: string[]) => sum(prices.slice(-short)).times(long).cmp(sum(prices).times(short));
  return {
    needs: long + 1,
    recommend(prices) {
      const [before, now] = [lead(prices.slice(0, -1)), lead(prices.slice(1))];
      if (before <= 0 && now > 0) return 'buy';
      return before >= 0 && now < 0 ? 'sell' : 'hold';
    },
  };
}

function sum(prices: string[]): Money {
  return prices.reduce((total, price) => total.plus(price), new Money(0));
}
