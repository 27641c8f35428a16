import { createHash } from 'node:crypto';
import { Decimal128 } from 'mongodb';
import type { Fill, MarketOrder, OrderStatus } from '../market/market.ts';
import { settled, withOrder, type Book } from './book.ts';
import { refusal } from './limits.ts';
import { ON_ITS_WAY_MS, type BookOrder, type Placed, type StoredFill, type TakenBack } from './order.ts';
import type { Refusal } from '../contracts/trade.ts';

const LONGEST_KEY = 128;

/** The key that the market has for an order. Two ledgers may have the same key of their own; a market's keys are unique. */
export function marketKey(ledger: string, key: string): string {
  const whole = `${ledger}-${key}`;
  if (whole.length <= LONGEST_KEY) return whole;
  return `${ledger}-${createHash('sha256').update(key).digest('hex')}`;
}

export function toMarketOrder(
  ledger: string,
  symbol: string,
  { key, type, qty, asked }: BookOrder,
): MarketOrder {
  return {
    key: marketKey(ledger, key),
    type,
    symbol,
    qty: qty.toString(),
    price: asked.price.toString(),
  };
}

export function toStoredFill({ qty, price, at }: Fill): StoredFill {
  return { qty: Decimal128.fromString(qty), price: Decimal128.fromString(price), at };
}

/**
 * The book with what the market says of an order that was let go.
 *
 * @param status undefined if the market does not know the order
 */
export function withStatus(
  book: Book,
  order: Placed,
  status: OrderStatus | undefined,
  now: Date,
  timeZone: string,
): Book {
  if (!status) return isOnItsWay(order.since, now) ? book : withOrder(book, takenBack(order, now));
  const fill = status.filled && toStoredFill(status.filled);
  if (!status.isOver) {
    const isNews = fill && String(fill.qty) !== String(order.partly?.qty);
    return isNews ? withOrder(book, { ...order, partly: fill }) : book;
  }
  if (fill) return settled(book, order, fill, now, timeZone);
  const reason = `the order ${status.id} was ${status.status} before any of it was filled`;
  return withOrder(
    book,
    takenBack(order, now, refusal(status.status === 'rejected' ? 'rejected' : 'not-filled', reason)),
  );
}

/** Whether a request that was sent may still reach the market. */
export const isOnItsWay = (sentAt: Date, now: Date): boolean =>
  now.getTime() - sentAt.getTime() < ON_ITS_WAY_MS;

/** @param answer what the key is answered with; without it, the order may be let go again */
export function takenBack(order: Placed, now: Date, answer?: Refusal): TakenBack {
  const { key, type, qty, asked, day } = order;
  return { key, type, qty, asked, day, state: 'taken back', since: now, ...(answer && { refusal: answer }) };
}
