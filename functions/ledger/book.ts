import { Decimal128 } from 'mongodb';
import type { AdjustmentDocument, BookDocument, Halt, StoredPosition } from '../contracts/ledger.ts';
import { Money } from '../shared/money.ts';
import { dayOf } from './day.ts';
import type { BookOrder, Settled, StoredFill } from './order.ts';
import { afterTrade, toPosition, type Position } from './position.ts';

/**
 * One document a symbol in `books`: what its trades add up to, and the orders that are under way.
 *
 * It is written by compare-and-set on `version`, so that of two orders at the same moment the second is judged with the
 * first one in view. A halt is written into each book too: an order that was judged before it is not let go after it.
 */
export interface Book extends BookDocument {
  /** What was bought and sold on the last day of trades. */
  day: { date: string; qty: Decimal128; value: Decimal128 };
  orders: BookOrder[];
  /** Of a difference that was accepted, until it is on record. */
  adjustment?: AdjustmentDocument;
}

const zero = Decimal128.fromString('0');
const nothing: StoredPosition = { qty: zero, averageCost: zero, realized: zero, lastPrice: zero };

export function newBook(symbol: string, halted?: Halt): Book {
  const day = { date: '', qty: zero, value: zero };
  return { _id: symbol, version: 0, position: nothing, day, orders: [], ...(halted && { halted }) };
}

/** The book with an order in place of what it had under the same key. */
export function withOrder(book: Book, order: BookOrder): Book {
  return { ...book, orders: [...book.orders.filter(({ key }) => key !== order.key), order] };
}

/** The book in which an order has ended with a fill: the position and the day have it. */
export function settled(book: Book, order: BookOrder, fill: StoredFill, now: Date, timeZone: string): Book {
  const { key, type, qty, asked, day } = order;
  const after: Settled = { key, type, qty, asked, day, state: 'settled', since: now, fill };
  const trade = { type, qty: fill.qty.toString(), price: fill.price.toString() };
  return withOrder(
    {
      ...book,
      position: toStored(afterTrade(toPosition(book.position), trade)),
      day: dayAfter(book.day, dayOf(fill.at, timeZone), trade),
    },
    after,
  );
}

/** What is known late, of an earlier day, does not count towards a later one. */
function dayAfter(
  day: Book['day'],
  date: string,
  { qty, price }: { qty: string; price: string },
): Book['day'] {
  if (date < day.date) return day;
  const before = date === day.date ? day : { qty: zero, value: zero };
  const value = new Money(price).times(qty).plus(before.value.toString());
  return {
    date,
    qty: toDecimal128(new Money(qty).plus(before.qty.toString())),
    value: toDecimal128(value),
  };
}

export function toStored({ qty, averageCost, realized, lastPrice }: Position): StoredPosition {
  return {
    qty: toDecimal128(qty),
    averageCost: toDecimal128(averageCost),
    realized: toDecimal128(realized),
    lastPrice: toDecimal128(lastPrice),
  };
}

/** Exact, and never in the notation with an exponent that large values would have. */
export function toDecimal128(value: Money | string): Decimal128 {
  return Decimal128.fromString(new Money(value).toFixed());
}
