import type { TradeType } from '../contracts/stock.ts';
import type { Refusal } from '../contracts/trade.ts';

/** Where prices come from and orders go. */
export interface Market {
  /** The price of a symbol as of an instant. */
  quote(symbol: string, at: Date): Promise<Quote>;

  /**
   * Earlier prices of a symbol, oldest first, `everyMinutes` apart; the last is the one as of the instant. Fewer than
   * `count` if the market has no more.
   */
  history(symbol: string, at: Date, count: number, everyMinutes: number): Promise<string[]>;

  /** The market and the account that orders are placed with; a ledger takes the orders of one venue. */
  venue(): Promise<string>;

  /** When the market opens next; undefined while it is open. */
  opensAt(): Promise<Date | undefined>;

  readonly orders: OrdersAtOnce | OrdersAtBroker;
}

export interface Quote {
  /** Decimal string in dollars. */
  price: string;
  /** When the market had it. */
  asOf: Date;
}

/** A market that fills each order whole when it gets it, and keeps none: the ledger is all the memory that it has. */
export interface OrdersAtOnce {
  kind: 'at once';
  fill(order: MarketOrder, at: Date): Fill;
}

/** A broker: it has each order once for its key, and fills it in parts, over time, or not at all. */
export interface OrdersAtBroker {
  kind: 'at a broker';

  /**
   * Places an order, once for its key: asked for again, it answers what became of the first. Throws if the answer is not
   * known, and then the broker may have the order.
   */
  place(order: MarketOrder): Promise<OrderStatus | Refusal>;

  /** The order with this key; undefined if the broker does not know it, which a broker may say for a moment after it got it. */
  find(key: string): Promise<OrderStatus | undefined>;

  /** Takes back what is not filled. The order may be filled all the same, so its status has to be asked for after it. */
  cancel(order: OrderStatus): Promise<void>;
}

export interface MarketOrder {
  /** The key that the market has for the order; at most 128 characters. */
  key: string;
  type: TradeType;
  symbol: string;
  /** Shares: a decimal string. */
  qty: string;
  /** The price on which the order was decided: decimal string in dollars. */
  price: string;
}

/** How an order stands at the broker. */
export interface OrderStatus {
  /** The broker's own name of it. */
  id: string;
  type: TradeType;
  symbol: string;
  qty: string;
  /** The broker's word for the state. */
  status: string;
  /** Whether nothing more will be filled. */
  isOver: boolean;
  /** What was filled until now. */
  filled: Fill | undefined;
}

/** Shares that were bought or sold, and the average price: decimal strings. */
export interface Fill {
  qty: string;
  price: string;
  at: Date;
}

/** Thrown if an order may be at the market and what became of it is not known; the next attempt finds it by its key. */
export class OrderPendingError extends Error {
  override readonly name = 'OrderPendingError';
}
