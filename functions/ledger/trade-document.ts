import type { Decimal128 } from 'mongodb';
import type { TradeType } from '../contracts/stock.ts';

/** A trade in the collection `trades`; `_id` is the idempotency key, `price` is in dollars a share. */
export interface TradeDocument {
  _id: string;
  symbol: string;
  type: TradeType;
  qty: number;
  price: Decimal128;
  timestamp: Date;
  /** What was asked for, where the market gave another price or fewer shares. */
  ordered?: { qty: number; price: Decimal128 };
}
