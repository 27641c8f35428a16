import { Decimal128 } from 'mongodb';
import type { AdjustmentDocument, BookDocument, Halt, StoredPosition } from '../contracts/ledger.ts';
import { Money } from '../shared/money.ts';
import { toDecimal128 } from './decimal.ts';
import { claimOf, type Claim } from './claim.ts';
import { dayOf, type Day } from './day.ts';
import type { BookOrder, Placed, Settled, StoredFill } from './order.ts';
import { afterTrade, toPosition, type Position } from './position.ts';

/**
 * One document a symbol in `books`: what its trades add up to, and the orders that are under way.
 *
 * It is written by compare-and-set on `version`, so that of two orders at the same moment the second is judged with the
 * first one in view. A halt is written into each book too: an order that was judged before it is not let go after it.
 */
export interface Book extends BookDocument {
  day: Day;
  orders: BookOrder[];
  /** What counts towards the limits of the account. */
  claim: Claim;
  /** Of a difference that was accepted, until it is on record. */
  adjustment?: AdjustmentDocument;
}

const zero = Decimal128.fromString('0');
const nothing: StoredPosition = { qty: zero, averageCost: zero, realized: zero, lastPrice: zero };
const emptyDay = (date: string): Day => ({ date, qty: zero, value: zero, realized: zero, orders: 0 });

export function newBook(symbol: string, halted?: Halt): Book {
  const book = { _id: symbol, version: 0, position: nothing, day: emptyDay(''), orders: [] };
  return { ...book, claim: claimOf(book), ...(halted && { halted }) };
}

/** The book with an order in place of what it had under the same key. */
export function withOrder(book: Book, order: BookOrder): Book {
  return { ...book, orders: [...book.orders.filter(({ key }) => key !== order.key), order] };
}

/** The book in which an order is let go: it counts among those of its day, once. */
export function letGo(book: Book, order: Placed): Book {
  const { day, orders } = book;
  if (orders.some(({ key, state }) => key === order.key && state === 'placed')) return withOrder(book, order);
  // A clock that is behind counts towards the later day.
  const today = order.day > day.date ? emptyDay(order.day) : day;
  return withOrder({ ...book, day: { ...today, orders: today.orders + 1 } }, order);
}

/** The book in which an order has ended with a fill: the position and the day have it. */
export function settled(book: Book, order: BookOrder, fill: StoredFill, now: Date, timeZone: string): Book {
  const { key, type, qty, asked, day } = order;
  const after: Settled = { key, type, qty, asked, day, state: 'settled', since: now, fill };
  const trade = { type, qty: fill.qty.toString(), price: fill.price.toString() };
  const before = toPosition(book.position);
  const position = afterTrade(before, trade);
  const gained = position.realized.minus(before.realized);
  return withOrder(
    {
      ...book,
      position: toStored(position),
      day: dayAfter(book.day, dayOf(fill.at, timeZone), trade, gained),
    },
    after,
  );
}

/** What is known late, of an earlier day, does not count towards a later one. */
function dayAfter(
  day: Day,
  date: string,
  { qty, price }: { qty: string; price: string },
  gained: Money,
): Day {
  if (date < day.date) return day;
  const before = date === day.date ? day : emptyDay(date);
  return {
    ...before,
    qty: plus(before.qty, qty),
    value: plus(before.value, new Money(price).times(qty)),
    realized: plus(before.realized, gained),
  };
}

const plus = (sum: Decimal128, more: Money | string): Decimal128 =>
  toDecimal128(new Money(sum.toString()).plus(more));

export function toStored({ qty, averageCost, realized, lastPrice }: Position): StoredPosition {
  return {
    qty: toDecimal128(qty),
    averageCost: toDecimal128(averageCost),
    realized: toDecimal128(realized),
    lastPrice: toDecimal128(lastPrice),
  };
}
