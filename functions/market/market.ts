import type { TradeType } from '../contracts/stock.ts';

/** Where prices come from and orders go. */
export interface Market {
  /** The price of a symbol as of an instant. */
  quote(symbol: string, at: Date): Promise<Quote>;

  /**
   * Earlier prices of a symbol, oldest first, `everyMinutes` apart; the last is the one as of the instant. Fewer than
   * `count` if the market has no more.
   */
  history(symbol: string, at: Date, count: number, everyMinutes: number): Promise<string[]>;

  /** The regular session that is open at an instant, or else the next one. */
  session(at: Date): Promise<Session>;

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

/** From the opening of the market, which belongs to it, to its close, which does not. */
export interface Session {
  opensAt: Date;
  closesAt: Date;
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
