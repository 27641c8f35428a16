import type { Recommendation } from '../contracts/stock.ts';

/** What a strategy decides on. Prices are decimal strings in dollars. */
export interface Prices {
  /** The price of now, at which an order would be placed. It is in none of the closes. */
  price: string;
  /** The closes of finished bars, oldest first. */
  closes: string[];
  /** How many of the closes no earlier decision has seen; 0 if no bar has ended since. */
  fresh: number;
}

/** What to do: a pure function of prices, so that the past can be asked too. */
export interface Strategy {
  /** How many closes it looks at, in addition to the fresh ones. */
  looksBack: number;
  /** With fewer closes it holds. */
  needs: number;
  recommend(this: void, prices: Prices): Recommendation;
}

/** What a strategy says of the prices that there are, the newest of which it looks at. */
export function recommend(
  { looksBack, needs, recommend: decide }: Strategy,
  { price, closes, fresh }: Prices,
): Recommendation {
  if (closes.length < needs) return 'hold';
  return decide({ price, closes: closes.slice(Math.max(0, closes.length - looksBack - fresh)), fresh });
}
