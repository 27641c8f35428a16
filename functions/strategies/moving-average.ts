import { Money } from '../shared/money.ts';
import type { Strategy } from './strategy.ts';

/**
 * Buys when the short average of the closes has crossed above the long one since the last decision, sells when it has
 * crossed below, and holds otherwise.
 *
 * The averages cross where their difference changes its sign, zeros not counted, as in backtrader's `CrossOver`: +, 0, +
 * crosses nothing, and -, 0, + crosses once, at the +. Where the averages were equal for as long as the strategy looks
 * back, no side is known, and the next one is no crossing.
 *
 * The price of now is in no average: before its bar is over, it is not a close yet.
 *
 * @param short how many closes the short average has
 * @param long how many closes the long average has; more than the short one
 */
export function movingAverage(short: number, long: number): Strategy {
  /** The sign of the short average minus the long one, without a division, which would need rounding. */
  const lead = (closes: string[]) =>
    sum(closes.slice(-short))
      .times(long)
      .cmp(sum(closes.slice(-long)).times(short));

  /** On which side the short average is, or was last: 1 above, -1 below, 0 not known. */
  const side = (closes: string[]): number => {
    for (let end = closes.length; end >= long; end--) {
      const sign = lead(closes.slice(end - long, end));
      if (sign !== 0) return sign;
    }
    return 0;
  };

  return {
    looksBack: 2 * long,
    needs: long + 1,
    recommend({ closes, fresh }) {
      const before = side(closes.slice(0, closes.length - fresh));
      const now = side(closes);
      if (before === 0 || now === before) return 'hold';
      return now > 0 ? 'buy' : 'sell';
    },
  };
}

function sum(prices: string[]): Money {
  return prices.reduce((total, price) => total.plus(price), new Money(0));
}
