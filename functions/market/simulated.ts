import type { Market } from './market.ts';
import { nyseSession } from './nyse.ts';
import { simulatedPrice } from './simulated-price.ts';

const MINUTE_MS = 60_000;

/**
 * The simulated market: it has NYSE's hours, but takes orders at any time, and fills each whole at the price on which it
 * was decided.
 */
export const simulated: Market = {
  quote: (symbol, at) => Promise.resolve({ price: simulatedPrice(symbol, at.getTime()), asOf: at }),

  history: (symbol, at, count, everyMinutes) =>
    Promise.resolve(
      Array.from({ length: count }, (_, index) =>
        simulatedPrice(symbol, at.getTime() - (count - 1 - index) * everyMinutes * MINUTE_MS),
      ),
    ),

  session: (at) => Promise.resolve(nyseSession(at)),

  // It keeps no orders: the ledger, which holds one trade a key, is all the memory that it has.
  holds: () => Promise.resolve(false),

  execute: ({ qty, price }) => Promise.resolve({ outcome: 'filled', qty, price, at: new Date() }),
};
