import type { Decimal128 } from 'mongodb';
import type { DifferenceKind } from './reconcile-ledger.ts';
import type { TradeType } from './stock.ts';

/** A trade in the collection `trades`; `_id` is the idempotency key, `price` is in dollars a share. */
export interface TradeDocument {
  _id: string;
  symbol: string;
  type: TradeType;
  /** Shares. */
  qty: Decimal128;
  price: Decimal128;
  timestamp: Date;
  /** What was asked for, if the market gave another price or fewer shares. */
  ordered?: { qty: Decimal128; price: Decimal128 };
}

/** Why new orders are refused; set during a halt. */
export interface Halt {
  since: Date;
  note?: string;
}

/** The one document of the collection `books` that is about all symbols; no symbol has small letters. */
export interface AccountDocument {
  _id: typeof ACCOUNT;
  /** The market and the account that all trades of the ledger are made with, such as `alpaca-paper PA3ABCDEFGHI`. */
  venue?: string;
  /** What the keys of this ledger's orders begin with at the market: two ledgers never share an order. */
  ledger?: string;
  halted?: Halt;
}

export const ACCOUNT = 'account';

/** What a symbol's trades add up to, by the method of average cost. A short position has a negative quantity. */
export interface StoredPosition {
  /** Shares. */
  qty: Decimal128;
  /** What was paid for a share of the position, or got for one that was sold short; dollars. */
  averageCost: Decimal128;
  /** Profit of what was bought and sold again, or the other way round; dollars. */
  realized: Decimal128;
  /** Of the last trade; dollars a share. */
  lastPrice: Decimal128;
}

/** A book as far as others than buy and sell read it. */
export interface BookDocument {
  _id: string;
  version: number;
  position: StoredPosition;
  /** Those in the state `placed` may still be filled. */
  orders: readonly { key: string; type: TradeType; qty: Decimal128; state: string }[];
  halted?: Halt;
  difference?: Difference;
}

/** What the broker has otherwise than the book. New orders of the symbol are refused until a person accepts it. */
export interface Difference {
  since: Date;
  found: Found[];
}

/** One thing that differs, in words. */
export interface Found {
  kind: DifferenceKind;
  ledger: string;
  broker: string;
}

/** A position that was made the broker's by command; in the collection `adjustments`. */
export interface AdjustmentDocument {
  /** Symbol and version of the book, such as `AMZN/17`. */
  _id: string;
  symbol: string;
  found: Found[];
  before: AdjustedPosition;
  after: AdjustedPosition;
  timestamp: Date;
  note?: string;
}

/** Shares, and the average cost of one in dollars. */
export type AdjustedPosition = Pick<StoredPosition, 'qty' | 'averageCost'>;
