import { Money } from '../shared/money.ts';
import type { Strategy } from './strategy.ts';

/** Sells above the threshold, buys at it and below; in dollars, a decimal string. */
export function threshold(sellAbove: string): Strategy {
  return {
    looksBack: 0,
    needs: 0,
    recommend: ({ price }) => (new Money(price).gt(sellAbove) ? 'sell' : 'buy'),
  };
}
