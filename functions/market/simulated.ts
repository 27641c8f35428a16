import type { Market } from './market.ts';
import { simulatedPrice } from './simulated-price.ts';

const MINUTE_MS = 60_000;

/** The simulated market: always open, and each order is filled whole at the price on which it was decided. */
export const simulated: Market = {
  quote: (symbol, at) => Promise.resolve({ price: simulatedPrice(symbol, at.getTime()), asOf: at }),

  history: (symbol, at, count, everyMinutes) =>
    Promise.resolve(
      Array.from({ length: count }, (_, index) =>
        simulatedPrice(symbol, at.getTime() - (count - 1 - index) * everyMinutes * MINUTE_MS),
      ),
    ),

  venue: () => Promise.resolve('simulated'),
  opensAt: () => Promise.resolve(undefined),
  orders: { kind: 'at once', fill: ({ qty, price }, at) => ({ qty, price, at }) },
};
