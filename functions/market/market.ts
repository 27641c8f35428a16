import type { TradeType } from '../contracts/stock.ts';
import type { Refusal } from '../contracts/trade.ts';

/** Where prices come from and orders go. */
export interface Market {
  /** The price of a symbol as of an instant. */
  quote(symbol: string, at: Date): Promise<Quote>;

  /** The newest finished bars of a symbol, oldest first; fewer than were asked for if the market has no more. */
  bars(symbol: string, query: BarQuery): Promise<Bar[]>;

  /** The market and the account that orders are placed with; a ledger takes the orders of one venue. */
  venue(): Promise<string>;

  /** The regular session that is open at an instant, or else the next one. */
  session(at: Date): Promise<Session>;

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

/** From the opening of the market, which belongs to it, to its close, which does not. */
export interface Session {
  opensAt: Date;
  closesAt: Date;
}

export interface BarQuery {
  /** No bar ends later. */
  endedBy: Date;
  /** At least 1. */
  count: number;
  /** The length of a bar: minutes that divide an hour, hours that divide a day, or a day. */
  everyMinutes: number;
}

/**
 * What was traded in a stretch of time that is over: from its start on, and before its end. A stretch in which nothing
 * was traded has no bar. Bars begin where the market lets them begin: those of minutes at the full hour.
 */
export interface Bar {
  /** The label. A bar of a day ends when the session closes. No two bars of an answer have the same. */
  end: Date;
  /** The last price, adjusted for splits up to today, not for dividends: decimal string in dollars. */
  close: string;
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

  /** Takes back what is not filled. The order may be filled all the same, so ask for its status after it. */
  cancel(order: Pick<OrderStatus, 'id'>): Promise<void>;

  /** All orders of the account that are open, a person's too; each with the key that it was placed with. */
  open(): Promise<OpenOrder[]>;

  /** All stocks that the account holds or owes, whatever they were traded for. One that it has none of is not among them. */
  positions(): Promise<Holding[]>;

  /**
   * What companies did to the shares of these symbols on days from one to another, both included (`2026-01-05`), the
   * oldest first. A broker may know of it late.
   */
  corporateActions(symbols: string[], from: string, to: string): Promise<CorporateAction[]>;
}

/** An order that is not over. */
export interface OpenOrder extends Pick<OrderStatus, 'id' | 'type' | 'symbol' | 'status'> {
  /** The key that it was placed with; of an order that a person placed, one that the broker made. */
  key: string;
  /** Shares; undefined if the order is of an amount of dollars. */
  qty: string | undefined;
}

/** What the account has of a stock. */
export interface Holding {
  symbol: string;
  /** Shares: a decimal string, negative if they are owed. */
  qty: string;
  /** What was paid for a share on average, or got for one that was sold short: decimal string in dollars. */
  averagePrice: string;
}

/** What a company did to its shares. */
export interface CorporateAction {
  symbol: string;
  /** In words, such as `split 4 for 1` or `cash merger`. */
  what: string;
  /** From when on it counts, such as `2026-01-05`. */
  day: string;
  /** Of a split: so many shares became so many; decimal strings. */
  split?: { from: string; to: string };
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
