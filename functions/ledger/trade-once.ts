import { Decimal128, MongoServerError, type Collection } from 'mongodb';
import type { StockTransaction, TradeType } from '../contracts/stock.ts';
import type { Order, Refusal } from '../contracts/trade.ts';
import { market } from '../market/index.ts';
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
export async function tradeOnce(type: TradeType, order: Order): Promise<StockTransaction | Refusal> {
  const { idempotencyKey: key, symbol, qty, stock_price: price } = order;
  const execution = await market.execute({ key, type, symbol, qty, price });
  if (execution.outcome === 'refused') return { refused: execution.reason, limit: execution.limit };
  const asFilled = execution.qty === qty && execution.price === price;
  const placed: TradeDocument = {
    _id: key,
    symbol,
    type,
    qty: execution.qty,
    price: Decimal128.fromString(execution.price),
    timestamp: execution.at,
    ...(!asFilled && { ordered: { qty, price: Decimal128.fromString(price) } }),
  };
  const stored = await withTrades((trades) => insertIfAbsent(trades, placed));
  assertSameOrder(stored, { symbol, type, qty, price });
  return toTransaction(stored);
}

/** A key stands for one order: the trade that it made has to be the one that is asked for now. */
function assertSameOrder(trade: TradeDocument, asked: Asked): void {
  const { symbol, type, qty, price } = { ...trade, ...trade.ordered };
  const made: Asked = { symbol, type, qty, price: price.toString() };
  for (const field of Object.keys(asked) as (keyof Asked)[]) {
    if (made[field] !== asked[field]) {
      throw new IdempotencyConflictError(
        `The idempotency key "${trade._id}" has made a trade already: ${describe(toTransaction(trade))}. ` +
          `This order has ${field} ${asked[field]} instead of ${made[field]}; nothing was traded. Use a new key for a new order.`,
      );
    }
  }
}

type Asked = Pick<StockTransaction, 'symbol' | 'type' | 'qty' | 'price'>;

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
