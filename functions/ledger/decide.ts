import { Decimal128 } from 'mongodb';
import { isOnItsWay } from './at-market.ts';
import type { Book } from './book.ts';
import type { View } from './books.ts';
import { dayOf } from './day.ts';
import { toDecimal128 } from './decimal.ts';
import type { Desk } from './desk.ts';
import { judge } from './judge.ts';
import { orderOf } from './known.ts';
import { sharesToSell, type Asked } from './limits.ts';
import { HOLD_MS, isForgotten, type BookOrder, type Placed, type Refused } from './order.ts';

/** What is decided about an order by its own book; nothing is written yet. */
export interface Decision<Order extends Placed | Refused = Placed | Refused> {
  order: Order;
  /** The book as it was read. */
  read: Book;
  /** What the order goes into: the same without what is not needed any more. */
  rest: Book;
}

export async function decide(desk: Desk, asked: Asked, view: View): Promise<Decision> {
  const { key, type } = asked;
  const { limits, clock } = desk;
  const { book, trades } = view;
  const refusal = await judge(desk, asked, view);
  const now = clock.now();
  const common = {
    key,
    type,
    qty: toDecimal128(sharesToSell(limits, asked, book)),
    asked: { qty: Decimal128.fromString(asked.qty), price: Decimal128.fromString(asked.price) },
    day: dayOf(now, limits.timeZone),
    since: now,
  };
  const order: Placed | Refused = refusal
    ? { ...common, state: 'refused', refusal }
    : { ...common, state: 'placed', hold: newHold(desk), ...unresolvedOf(orderOf(book, key), now) };
  const orders = book.orders.filter(
    (each) => !isForgotten(each, now) && !(each.state === 'settled' && trades.has(each.key)),
  );
  return { order, read: book, rest: { ...book, orders } };
}

/** The answer to an earlier request is not known. */
const unresolvedOf = (earlier: BookOrder | undefined, now: Date) =>
  earlier?.state === 'placed' && isOnItsWay(earlier.since, now) ? { unresolved: earlier.since } : {};

export const newHold = (desk: Desk): Placed['hold'] => ({
  by: desk.newAttempt(),
  until: new Date(desk.clock.now().getTime() + HOLD_MS),
});
