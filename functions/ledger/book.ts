import { Decimal128 } from 'mongodb';
import { Money } from '../shared/money.ts';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { TradeType } from '../contracts/stock.ts';
import type { Refusal } from '../contracts/trade.ts';

/**
 * What a symbol's trades add up to, and the orders that were decided since: one document a symbol in `books`.
 *
 * It is written by compare-and-set on `version`, so that of two orders at the same moment the second is decided
 * with the first one in view.
 */
export interface Book {
  _id: string;
  version: number;
  /** Shares: those bought less those sold. */
  position: number;
  /** What was bought and sold on the last day of trades. */
  day: { date: string; qty: number; value: Decimal128 };
  decisions: Decision[];
}

/** An order that was let through or refused; one that was let through stays until its trade is known. */
export interface Decision {
  /** The order's idempotency key. */
  key: string;
  type: TradeType;
  qty: number;
  /** Quantity times price, in dollars. */
  value: Decimal128;
  at: Date;
  refusal?: Refusal;
}

/** Longer than the 10 seconds that a function may run: no function works on an order that was decided before this. */
const AT_WORK_MS = 60_000;

export function isAtWork({ at }: Decision, now: Date): boolean {
  return now.getTime() - at.getTime() < AT_WORK_MS;
}

export function newBook(symbol: string): Book {
  return { _id: symbol, version: 0, position: 0, day: noDay, decisions: [] };
}

const noDay: Book['day'] = { date: '', qty: 0, value: Decimal128.fromString('0') };

/** The book with some more trades in it. */
export function withTrades(book: Book, trades: TradeDocument[], timeZone: string): Book {
  let { position, day } = book;
  for (const { type, qty, price, timestamp } of trades) {
    position += type === 'buy' ? qty : -qty;
    const date = dayOf(timestamp, timeZone);
    if (date > day.date) day = { ...noDay, date };
    if (date === day.date) {
      const value = new Money(price.toString()).times(qty).plus(day.value.toString());
      day = { date, qty: day.qty + qty, value: toDecimal128(value) };
    }
  }
  const known = new Set(trades.map(({ _id }) => _id));
  return { ...book, position, day, decisions: book.decisions.filter(({ key }) => !known.has(key)) };
}

/** Exact, and never in the notation with an exponent that large values would have. */
export function toDecimal128(value: Money): Decimal128 {
  return Decimal128.fromString(value.toFixed());
}

/** The day in a time zone, such as "2026-01-05"; days sort as text. */
export function dayOf(time: Date, timeZone: string): string {
  // Sweden writes dates as ISO 8601 has them.
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(time);
}
