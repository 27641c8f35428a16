import { isUsStock } from '../../contracts/stock.ts';
import { inFourDecimals } from '../../shared/money.ts';
import type { Market } from '../market.ts';
import { finishedBars } from './bars.ts';
import type { Broker } from './broker.ts';
import { BrokerError } from './errors.ts';
import { alpacaOrders, notTraded } from './orders.ts';
import { alpacaSession } from './sessions.ts';

/**
 * @param kind of the accounts that the URL of the trading API is for
 * @param use works with the broker; it is called again if the broker's keys changed in between
 */
export function alpacaMarket(
  kind: 'paper' | 'live',
  use: <T>(work: (broker: Broker) => Promise<T>) => Promise<T>,
): Market {
  return {
    // The broker answers the current price, whatever instant is asked about; `asOf` says when it was.
    quote: (symbol) =>
      use(async (broker) => {
        assertTraded(symbol);
        const { trade } = await broker.latestTrade(symbol);
        return { price: inFourDecimals(trade.p), asOf: trade.t };
      }),

    bars: (symbol, query) =>
      use(async (broker) => {
        assertTraded(symbol);
        return finishedBars(broker, symbol, query);
      }),

    session: (at) => use((broker) => alpacaSession(broker, at)),

    venue: () => use(async (broker) => `alpaca-${kind} ${await broker.accountNumber()}`),

    opensAt: () =>
      use(async (broker) => {
        const { isOpen, nextOpen } = await broker.clock();
        return isOpen ? undefined : nextOpen;
      }),

    orders: alpacaOrders(use),
  };
}

function assertTraded(symbol: string): void {
  if (!isUsStock(symbol)) throw new BrokerError(`${notTraded(symbol)}. Remove it from the watchlist.`);
}
