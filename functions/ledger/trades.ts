import { MongoServerError, type Collection } from 'mongodb';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { StockTransaction } from '../contracts/stock.ts';

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
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

export function toTransaction(trade: TradeDocument): StockTransaction {
  return {
    id: trade._id,
    symbol: trade.symbol,
    price: trade.price.toString(),
    type: trade.type,
    qty: trade.qty,
    timestamp: trade.timestamp.toISOString(),
  };
}
