import { Decimal128, MongoServerError, type Collection } from 'mongodb';
import type { StockTransaction, TradeType } from '../contracts/stock.ts';
import type { Order } from '../contracts/trade.ts';
import { withTrades } from './connection.ts';
import type { TradeDocument } from './trade-document.ts';

/** Thrown when an idempotency key that has made a trade comes back with another order; nothing was traded. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
}

const DUPLICATE_KEY = 11_000;

/**
 * Carries out an order once for its idempotency key, however often it is sent.
 *
 * One upsert that sets fields on insert alone both writes the trade and reads the one that was there. With the write
 * concern "majority" its answer holds even when the primary fails over a moment later.
 */
export async function tradeOnce(type: TradeType, order: Order): Promise<StockTransaction> {
  const placed: TradeDocument = {
    _id: order.idempotencyKey,
    symbol: order.symbol,
    type,
    qty: order.qty,
    price: Decimal128.fromString(order.stock_price),
    timestamp: new Date(),
  };
  const stored = await withTrades((trades) => insertIfAbsent(trades, placed));
  const trade = toTransaction(stored);
  const asked = { symbol: order.symbol, type, qty: order.qty, price: order.stock_price };
  for (const [field, value] of Object.entries(asked)) {
    const made = trade[field as keyof typeof asked];
    if (made !== value) {
      throw new IdempotencyConflictError(
        `The idempotency key "${order.idempotencyKey}" has made a trade already: ${describe(trade)}. ` +
          `This order has ${field} ${value} instead of ${made}; nothing was traded. Use a new key for a new order.`,
      );
    }
  }
  return trade;
}

async function insertIfAbsent(
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
    if (!(error instanceof MongoServerError && error.code === DUPLICATE_KEY)) throw error;
    stored = await upsert();
  }
  if (!stored) throw new Error(`The store answered an upsert of trade "${_id}" with no document.`);
  return stored;
}

function toTransaction(trade: TradeDocument): StockTransaction {
  return {
    id: trade._id,
    symbol: trade.symbol,
    price: trade.price.toString(),
    type: trade.type,
    qty: trade.qty,
    timestamp: trade.timestamp.toISOString(),
  };
}

function describe({ type, qty, symbol, price, timestamp }: StockTransaction): string {
  return `${type} ${qty} ${symbol} at ${price} on ${timestamp}`;
}
