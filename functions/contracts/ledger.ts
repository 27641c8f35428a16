import type { Decimal128 } from 'mongodb';
import type { TradeType } from './stock.ts';

/** A trade in the collection `trades`; `_id` is the idempotency key, `price` is in dollars a share. */
export interface TradeDocument {
  _id: string;
  symbol: string;
  type: TradeType;
  qty: number;
  price: Decimal128;
  timestamp: Date;
  /** What was asked for, if the market gave another price or fewer shares. */
  ordered?: { qty: number; price: Decimal128 };
}

/** Why new orders are refused; set during a halt. */
export interface Halt {
  since: Date;
  note?: string;
}

/** The one document of the collection `books` that is about all symbols; no symbol has small letters. */
export interface AccountDocument {
  _id: typeof ACCOUNT;
  halted?: Halt;
}

export const ACCOUNT = 'account';
