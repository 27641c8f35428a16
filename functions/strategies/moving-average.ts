import { Money } from '../shared/money.ts';
import type { Strategy } from './strategy.ts';

/**
 * Buys when the average of the last few prices crosses that of many upwards, sells when it crosses it downwards, and
 * holds in between.
 *
 * @param short how many prices the quick average has
 * @param long how many the slow one has; more than the quick one
 */
export function movingAverage(short: number, long: number): Strategy {
  /** The sign of the quick average less the slow one, without a division that would have to be rounded. */
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
