import type { TradeType } from '../contracts/stock.ts';

/** Where prices come from and orders go. */
export interface Market {
  /** The price of a symbol as of an instant. */
  quote(symbol: string, at: Date): Promise<Quote>;

  /** The newest finished bars of a symbol, oldest first; fewer than were asked for if the market has no more. */
  bars(symbol: string, query: BarQuery): Promise<Bar[]>;

  /** Whether it has an order with this key that is open, or was filled, if only in part. */
  holds(key: string): Promise<boolean>;

  /** Executes an order, once for its key, however often it is sent. Throws if the outcome is not known. */
  execute(order: MarketOrder): Promise<Execution>;
}

export interface Quote {
  /** Decimal string in dollars. */
  price: string;
  /** When the market had it. */
  asOf: Date;
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

export interface MarketOrder {
  /** The idempotency key. */
  key: string;
  type: TradeType;
  symbol: string;
  /** Whole shares. */
  qty: number;
  /** The price on which the order was decided: decimal string in dollars. */
  price: string;
}

/** What became of an order. One that was filled in part has a smaller `qty` than was asked for. */
export type Execution =
  | { outcome: 'filled'; qty: number; price: string; at: Date }
  /** `limit` is the rule that it hit, such as `market-closed` or `buying-power`. */
  | { outcome: 'refused'; limit: string; reason: string };
