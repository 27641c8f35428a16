import type { Collection, Decimal128 } from 'mongodb';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { StockTransaction } from '../contracts/stock.ts';
import { Money } from '../shared/money.ts';
import type { Settled } from './order.ts';

const DUPLICATE_KEY = 11_000;

/**
 * Writes a trade, or answers the one that was there.
 *
 * One upsert that sets fields only on insert does both. With the write concern "majority" its answer holds even when
 * the primary fails over a moment later.
 */
export async function insertIfAbsent(
  trades: Collection<TradeDocument>,
  trade: TradeDocument,
): Promise<TradeDocument> {
  const { _id, ...fields } = trade;
  const upsert = () =>
    trades.findOneAndUpdate({ _id }, { $setOnInsert: fields }, { upsert: true, returnDocument: 'after' });
  let stored: TradeDocument | null;
  try {
    stored = await upsert();
  } catch (error) {
    // Two upserts of one key can both find nothing; the one that loses the insert finds the winner's trade next.
    if (!isDuplicateKey(error)) throw error;
    stored = await upsert();
  }
  if (!stored) throw new Error(`The store answered an upsert of trade "${_id}" with no document.`);
  return stored;
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === DUPLICATE_KEY;
}

/** The trade of an order that has settled. */
export function toTrade(symbol: string, { key, type, asked, fill }: Settled): TradeDocument {
  const isAsAsked = isEqual(asked.qty, fill.qty) && isEqual(asked.price, fill.price);
  return {
    _id: key,
    symbol,
    type,
    qty: fill.qty,
    price: fill.price,
    timestamp: fill.at,
    ...(!isAsAsked && { ordered: asked }),
  };
}

const isEqual = (one: Decimal128, other: Decimal128) => new Money(one.toString()).eq(other.toString());

export function toTransaction(trade: TradeDocument): StockTransaction {
  return {
    id: trade._id,
    symbol: trade.symbol,
    price: toText(trade.price),
    type: trade.type,
    qty: new Money(trade.qty.toString()).toFixed(),
    timestamp: trade.timestamp.toISOString(),
  };
}

/** "10.50" stays "10.50"; a number that is written with an exponent is written out. */
function toText(price: Decimal128): string {
  const text = price.toString();
  return text.includes('E') ? new Money(text).toFixed() : text;
}
