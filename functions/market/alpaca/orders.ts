import { isUsStock } from '../../contracts/stock.ts';
import type { Refusal } from '../../contracts/trade.ts';
import { Money } from '../../shared/money.ts';
import { OrderPendingError, type Fill, type OrdersAtBroker, type OrderStatus } from '../market.ts';
import type { Refused } from './answer.ts';
import type { Broker, BrokerOrder } from './broker.ts';

/** In which nothing more is filled of an order for the day; https://docs.alpaca.markets/docs/orders-at-alpaca has all states. */
const OVER = new Set(['filled', 'canceled', 'expired', 'rejected', 'done_for_day']);

/** The longest chain of replacements that is followed. */
const MOST_REPLACEMENTS = 10;

/** More decimals than a broker fills, and few enough for a Decimal128. */
const PRICE_DECIMALS = 20;

export const notTraded = (symbol: string) =>
  `${symbol} is not a US stock, and market=alpaca trades only US stocks`;

/** Orders at Alpaca: market orders for the day, each with its key as `client_order_id`, which the broker takes once. */
export function alpacaOrders(use: <T>(work: (broker: Broker) => Promise<T>) => Promise<T>): OrdersAtBroker {
  return {
    kind: 'at a broker',

    place: (order) =>
      use(async (broker) => {
        if (!isUsStock(order.symbol)) return { refused: notTraded(order.symbol), limit: 'rejected' };
        const placed = await broker.place(order);
        if (!('refused' in placed)) return toStatus(broker, placed);
        if (!isDuplicate(placed.refused)) return toRefusal(placed.refused);
        const first = await broker.find(order.key);
        if (first) return toStatus(broker, first);
        throw new OrderPendingError(
          `The broker knows the key ${order.key}, but does not show its order yet.`,
        );
      }),

    find: (key) =>
      use(async (broker) => {
        const found = await broker.find(key);
        return found && toStatus(broker, found);
      }),

    cancel: ({ id }) => use((broker) => broker.cancel(id)),

    open: () => use(async (broker) => (await broker.openOrders()).filter(({ status }) => !OVER.has(status))),

    positions: () => use((broker) => broker.positions()),

    corporateActions: (symbols, from, to) => use((broker) => broker.corporateActions(symbols, from, to)),
  };
}

/**
 * An order that a person replaced in the broker's own dashboard goes on under another id. What is filled of it is what was
 * filled of all of them.
 */
async function toStatus(broker: Broker, first: BrokerOrder): Promise<OrderStatus> {
  const chain = [first];
  for (let last = first; last.status === 'replaced' && last.replacedBy; last = chain.at(-1)!) {
    if (chain.length > MOST_REPLACEMENTS) {
      throw new OrderPendingError(`The order ${first.id} was replaced more than ${MOST_REPLACEMENTS} times.`);
    }
    chain.push(await broker.order(last.replacedBy));
  }
  const last = chain.at(-1)!;
  const { symbol, side: type, qty } = first;
  return {
    id: last.id,
    type,
    symbol,
    qty,
    status: last.status,
    isOver: OVER.has(last.status),
    filled: fillOf(chain),
  };
}

function fillOf(chain: BrokerOrder[]): Fill | undefined {
  let [shares, cost] = [new Money(0), new Money(0)];
  for (const { filledQty, filledAvgPrice } of chain) {
    if (filledAvgPrice === undefined) continue;
    shares = shares.plus(filledQty);
    cost = cost.plus(new Money(filledAvgPrice).times(filledQty));
  }
  if (shares.isZero()) return undefined;
  const filled = chain.filter(({ filledQty }) => !new Money(filledQty).isZero());
  const { filledAvgPrice, filledAt, updatedAt } = filled.at(-1)!;
  const price = filled.length === 1 ? new Money(filledAvgPrice!) : cost.div(shares);
  return {
    qty: shares.toFixed(),
    price: price.toDecimalPlaces(PRICE_DECIMALS).toFixed(),
    at: filledAt ?? updatedAt ?? new Date(),
  };
}

const isDuplicate = ({ status, message }: Refused) =>
  status === 422 && /client_order_id must be unique/.test(message);

function toRefusal({ message }: Refused): Refusal {
  if (/buying power/i.test(message)) return { refused: message, limit: 'buying-power' };
  if (/insufficient qty/i.test(message)) return { refused: message, limit: 'insufficient-shares' };
  return { refused: message, limit: 'rejected' };
}
