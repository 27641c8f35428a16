import { isUsStock } from '../../contracts/stock.ts';
import { Money } from '../../shared/money.ts';
import type { Execution, Market, MarketOrder } from '../market.ts';
import type { Broker, BrokerOrder, Refused } from './broker.ts';
import { BrokerError, OrderConflictError, OrderPendingError } from './errors.ts';
import { alpacaSession } from './sessions.ts';
import { timeframe, sessionsBack } from './timeframe.ts';

/** How long a fill is waited for before the rest of an order is taken back, and how long its end. */
const FILL_MS = 3_000;
const END_MS = 6_000;
const POLL_MS = 200;

/** In which nothing more happens to an order for the day; https://docs.alpaca.markets/docs/orders-at-alpaca has them all. */
const ENDED = new Set(['filled', 'canceled', 'expired', 'rejected', 'done_for_day']);

/** @param use works with the broker; it is called again if the broker's keys changed in between */
export function alpacaMarket(use: <T>(work: (broker: Broker) => Promise<T>) => Promise<T>): Market {
  return {
    // The broker answers the current price, whatever instant is asked about; `asOf` says when it was.
    quote: (symbol) =>
      use(async (broker) => {
        assertTraded(symbol);
        const { trade } = await broker.latestTrade(symbol);
        return { price: inFourDecimals(trade.p), asOf: trade.t };
      }),

    history: (symbol, at, count, everyMinutes) =>
      use(async (broker) => {
        assertTraded(symbol);
        const start = sessionsBack(at, count, everyMinutes);
        const closes = await broker.closes(symbol, timeframe(everyMinutes), { start, end: at, limit: count });
        return closes.map(inFourDecimals).toReversed();
      }),

    session: (at) => use((broker) => alpacaSession(broker, at)),

    holds: (key) =>
      use(async (broker) => {
        const order = await broker.find(key);
        return order !== undefined && (!ENDED.has(order.status) || order.filledQty > 0);
      }),

    execute: (order) => use((broker) => execute(broker, order)),
  };
}

const notTraded = (symbol: string) => `${symbol} is not a US stock, and market=alpaca trades only US stocks`;

function assertTraded(symbol: string): void {
  if (!isUsStock(symbol)) throw new BrokerError(`${notTraded(symbol)}. Remove it from the watchlist.`);
}

async function execute(broker: Broker, order: MarketOrder): Promise<Execution> {
  if (!isUsStock(order.symbol)) return refused('rejected', notTraded(order.symbol));
  const begun = Date.now();
  const { isOpen, nextOpen } = await broker.clock();
  // An order that an earlier attempt placed is found, also when the market has closed since.
  const placed = isOpen ? await broker.place(order) : await broker.find(order.key);
  if (!placed) return refused('market-closed', `the market is closed until ${nextOpen.toISOString()}`);
  if (!('refused' in placed)) return settled(broker, order, placed, begun);
  if (!isDuplicate(placed.refused)) return toRefusal(placed.refused);
  const first = await broker.find(order.key);
  if (first) return settled(broker, order, first, begun);
  throw new OrderPendingError(`The broker knows the key ${order.key}, but does not show its order yet.`);
}

/** Waits for the order's end, and takes back what is not filled by then. */
async function settled(
  broker: Broker,
  { key, type, symbol, qty }: MarketOrder,
  placed: BrokerOrder,
  begun: number,
): Promise<Execution> {
  if (placed.symbol !== symbol || placed.side !== type || placed.qty !== qty) {
    throw new OrderConflictError(
      `The broker has an order under the key ${key} already: ${placed.side} ${placed.qty} ${placed.symbol}, ` +
        `instead of ${type} ${qty} ${symbol}. Use a new key for a new order.`,
    );
  }
  let order = placed;
  let isTakenBack = false;
  while (!ENDED.has(order.status)) {
    const waitedMs = Date.now() - begun;
    if (waitedMs > END_MS) {
      throw new OrderPendingError(
        `The order ${order.id} is ${order.status}; the next attempt looks at it again.`,
      );
    }
    if (waitedMs > FILL_MS && !isTakenBack) {
      isTakenBack = true;
      await broker.cancel(order.id);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    order = await broker.order(order.id);
  }
  return toExecution(order);
}

function toExecution({ id, status, filledQty, filledAvgPrice, filledAt, updatedAt }: BrokerOrder): Execution {
  if (filledQty > 0 && filledAvgPrice !== undefined) {
    return {
      outcome: 'filled',
      qty: filledQty,
      price: filledAvgPrice,
      at: filledAt ?? updatedAt ?? new Date(),
    };
  }
  return status === 'rejected'
    ? refused('rejected', `the broker rejected the order ${id}`)
    : refused('not-filled', `the order ${id} was ${status} before any of it was filled`);
}

const isDuplicate = ({ status, message }: Refused) =>
  status === 422 && /client_order_id must be unique/.test(message);

function toRefusal({ message }: Refused): Execution {
  if (/buying power/i.test(message)) return refused('buying-power', message);
  if (/insufficient qty/i.test(message)) return refused('insufficient-shares', message);
  return refused('rejected', message);
}

function refused(limit: string, reason: string): Execution {
  return { outcome: 'refused', limit, reason };
}

/** As the contracts have prices. */
const inFourDecimals = (price: string) => new Money(price).toDecimalPlaces(4).toFixed();
