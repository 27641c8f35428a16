import type { Decimal128 } from 'mongodb';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { Refusal } from '../contracts/trade.ts';
import { Money } from '../shared/money.ts';
import type { Book } from './book.ts';
import type { View } from './books.ts';
import type { Desk } from './desk.ts';
import { NOTHING_HELD, type Asked, type Exit } from './limits.ts';
import { isForgotten, isUnderWay, type BookOrder } from './order.ts';

/** Thrown when an idempotency key that has an order comes back with another order; nothing was traded for it. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
}

/** What a key is answered with, if what became of its order is known. Throws if the key has another order. */
export async function known(
  { books, clock }: Desk,
  { book, trades }: View,
  asked: Asked | Exit,
): Promise<TradeDocument | Refusal | undefined> {
  const made = trades.get(asked.key);
  if (made) {
    const { symbol, type, qty, price, ordered = { qty, price } } = made;
    assertSame(asked, { symbol, type, ...ordered }, `traded on ${made.timestamp.toISOString()}`);
    return made;
  }
  const order = orderOf(book, asked.key);
  if (!order || isOpenAgain(order, asked, clock.now())) return undefined;
  assertSame(asked, { symbol: book._id, type: order.type, ...order.asked }, order.state);
  if (order.state === 'settled') return books.record(book._id, order);
  return isUnderWay(order) ? undefined : order.refusal;
}

/** What spoke against it may be over, such as the night. Where nothing was to be closed, the other side may be. */
const isOpenAgain = (order: BookOrder, asked: Asked | Exit, now: Date): boolean =>
  order.state === 'refused' &&
  (isForgotten(order, now) || (order.refusal.limit === NOTHING_HELD && order.type !== asked.type));

export const orderOf = (book: Book, key: string): BookOrder | undefined =>
  book.orders.find((order) => order.key === key);

interface Given {
  symbol: string;
  type: Asked['type'];
  qty: Decimal128;
  price: Decimal128;
}

/** A key gives one order: what it had must be what is asked for now. Of how many shares a way out is, it does not say. */
function assertSame(asked: Asked | Exit, { symbol, type, qty, price }: Given, became: string): void {
  const had = { symbol, type, qty: String(qty), price: String(price) };
  const wanted = { qty: had.qty, price: had.price, ...asked };
  const differs = (['symbol', 'type'] as const).find((field) => had[field] !== wanted[field]);
  const isOther = (['qty', 'price'] as const).find((field) => !new Money(had[field]).eq(wanted[field]));
  const field = differs ?? isOther;
  if (field === undefined) return;
  throw new IdempotencyConflictError(
    `The idempotency key "${asked.key}" has an order already: ${type} ${had.qty} ${symbol} at ${had.price}, ${became}. ` +
      `This order has ${field} ${wanted[field]} instead of ${had[field]}; nothing was traded for it. Use a new key for a ` +
      'new order.',
  );
}
