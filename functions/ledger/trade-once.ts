import { randomUUID } from 'node:crypto';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { StockTransaction, TradeType } from '../contracts/stock.ts';
import type { Allowance, ExitRequest, Order, Refusal } from '../contracts/trade.ts';
import { market } from '../market/index.ts';
import { Books } from './books.ts';
import { withLedger } from './connection.ts';
import { systemClock, type Desk } from './desk.ts';
import { readLimits, type Asked, type Exit } from './limits.ts';
import { trade, wouldRefuse } from './trade.ts';
import { toTransaction } from './trades.ts';

const limits = readLimits(process.env['LIMITS']);

/**
 * Executes an order once for its idempotency key, however often it is sent, and within the limits. With `check_only`, it
 * only answers whether the order is within the limits; with `flatten`, the order is of all that the book has.
 */
export async function tradeOnce(
  type: TradeType,
  order: (Order & { check_only?: true | undefined; flatten?: undefined }) | ExitRequest,
): Promise<StockTransaction | Refusal | Allowance> {
  const outcome = await withLedger(async (ledger) => {
    const desk: Desk = {
      books: new Books(ledger),
      market,
      limits,
      clock: systemClock,
      newAttempt: randomUUID,
    };
    if (order.flatten) return trade(desk, toExit(type, order));
    const asked = toAsked(type, order);
    return order.check_only ? ((await wouldRefuse(desk, asked)) ?? ALLOWED) : trade(desk, asked);
  });
  return isTrade(outcome) ? toTransaction(outcome) : outcome;
}

const ALLOWED: Allowance = { allowed: true };

const isTrade = (outcome: TradeDocument | Refusal | Allowance): outcome is TradeDocument => '_id' in outcome;

function toAsked(type: TradeType, { idempotencyKey, symbol, qty, stock_price, priced_at }: Order): Asked {
  const pricedAt = priced_at === undefined ? undefined : new Date(priced_at);
  return { key: idempotencyKey, type, symbol, qty, price: stock_price, pricedAt };
}

function toExit(type: TradeType, { idempotencyKey, symbol }: ExitRequest): Exit {
  return { key: idempotencyKey, type, symbol, isExit: true };
}
