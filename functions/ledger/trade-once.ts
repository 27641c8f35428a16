import { Decimal128 } from 'mongodb';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { StockTransaction, TradeType } from '../contracts/stock.ts';
import type { Allowance, Order, Refusal } from '../contracts/trade.ts';
import { market } from '../market/index.ts';
import type { Execution } from '../market/market.ts';
import { withLedger } from './connection.ts';
import { decide, refuse, wouldRefuse } from './decide.ts';
import { readLimits, type Asked } from './limits.ts';
import { insertIfAbsent, toTransaction } from './trades.ts';

/** Thrown when an idempotency key that has made a trade comes back with another order; nothing was traded. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
}

const limits = readLimits(process.env['LIMITS']);

/**
 * Executes an order once for its idempotency key, however often it is sent, and within the limits. With `check_only`, it
 * only answers whether the order is within the limits.
 */
export async function tradeOnce(
  type: TradeType,
  order: Order & { check_only?: true | undefined },
): Promise<StockTransaction | Refusal | Allowance> {
  const asked = toAsked(type, order);
  if (order.check_only) {
    const refusal = await withLedger((ledger) => wouldRefuse(ledger, limits, asked));
    return refusal ?? { allowed: true };
  }
  const outcome = await withLedger(async (ledger) => {
    const decided = await decide(ledger, limits, asked);
    if (decided !== 'place') return decided;
    const execution = await market.execute(asked);
    if (execution.outcome === 'filled') {
      return { trade: await insertIfAbsent(ledger.trades, toTrade(asked, execution)) };
    }
    const refusal = { refused: execution.reason, limit: execution.limit };
    await refuse(ledger, asked, refusal);
    return { refusal };
  });
  if ('refusal' in outcome) return outcome.refusal;
  assertSameOrder(outcome.trade, asked);
  return toTransaction(outcome.trade);
}

function toAsked(type: TradeType, { idempotencyKey, symbol, qty, stock_price, priced_at }: Order): Asked {
  const pricedAt = priced_at === undefined ? undefined : new Date(priced_at);
  return { key: idempotencyKey, type, symbol, qty, price: stock_price, pricedAt };
}

function toTrade(
  { key, type, symbol, qty, price }: Asked,
  execution: Extract<Execution, { outcome: 'filled' }>,
): TradeDocument {
  const asFilled = execution.qty === qty && execution.price === price;
  return {
    _id: key,
    symbol,
    type,
    qty: execution.qty,
    price: Decimal128.fromString(execution.price),
    timestamp: execution.at,
    ...(!asFilled && { ordered: { qty, price: Decimal128.fromString(price) } }),
  };
}

/** A key gives one order: its trade must be the one that is asked for now. */
function assertSameOrder(trade: TradeDocument, { symbol, type, qty, price }: Asked): void {
  const made = { ...trade, ...trade.ordered };
  const fields = { symbol, type, qty, price };
  for (const [field, value] of Object.entries(fields)) {
    const before = String(made[field as keyof typeof fields]);
    if (before !== String(value)) {
      throw new IdempotencyConflictError(
        `The idempotency key "${trade._id}" has made a trade already: ${describe(toTransaction(trade))}. ` +
          `This order has ${field} ${value} instead of ${before}; nothing was traded. Use a new key for a new order.`,
      );
    }
  }
}

function describe({ type, qty, symbol, price, timestamp }: StockTransaction): string {
  return `${type} ${qty} ${symbol} at ${price} on ${timestamp}`;
}
