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

  // It trades day and night: a bar begins at a whole multiple of its length since 1970, in UTC.
  bars: (symbol, { endedBy, count, everyMinutes }) => {
    const periodMs = everyMinutes * MINUTE_MS;
    const newest = Math.floor(endedBy.getTime() / periodMs) * periodMs;
    const ends = Array.from({ length: count }, (_, index) => newest - (count - 1 - index) * periodMs);
    return Promise.resolve(
      ends.map((end) => ({ end: new Date(end), close: simulatedPrice(symbol, end - 1) })),
    );
  },

  venue: () => Promise.resolve('simulated'),
  opensAt: () => Promise.resolve(undefined),
  orders: { kind: 'at once', fill: ({ qty, price }, at) => ({ qty, price, at }) },
  session: (at) => Promise.resolve(nyseSession(at)),
};
