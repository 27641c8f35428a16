import type { Recommendation } from '../contracts/stock.ts';

/** What to do at a price: a pure function of prices, so that the past can be asked too. */
export interface Strategy {
  /** How many prices it looks at, the one of now among them. With fewer it holds. */
  needs: number;
  /** @param prices decimal strings in dollars, oldest first; the last one is that of now; exactly as many as it needs */
  recommend(this: void, prices: string[]): Recommendation;
}

/** What a strategy says of the prices that there are, the newest of which it looks at. */
export function recommend({ needs, recommend: decide }: Strategy, prices: string[]): Recommendation {
  return prices.length < needs ? 'hold' : decide(prices.slice(-needs));
}
