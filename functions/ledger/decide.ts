import { Decimal128 } from 'mongodb';
import { isOnItsWay } from './at-market.ts';
import type { Book } from './book.ts';
import type { View } from './books.ts';
import { dayOf } from './day.ts';
import { toDecimal128 } from './decimal.ts';
import type { Desk } from './desk.ts';
import { exitOrder } from './exit.ts';
import { judge } from './judge.ts';
import { orderOf } from './known.ts';
import { isWayOut, limitsAccount, sharesToSell, type Asked, type Exit } from './limits.ts';
import { HOLD_MS, isForgotten, type BookOrder, type Placed, type Refused } from './order.ts';

/** What is decided about an order by its own book; nothing is written yet. */
export interface Decision<Order extends Placed | Refused = Placed | Refused> {
  order: Order;
  /** The book as it was read. */
  read: Book;
  /** What the order goes into: the same without what is not needed any more. */
  rest: Book;
  /** Whether the limits of the account are asked too: not about a way out, nor about what was let go before. */
  needsRoom: boolean;
}

export async function decide(desk: Desk, wanted: Asked | Exit, view: View): Promise<Decision> {
  const asked = 'qty' in wanted ? wanted : await exitOrder(desk, wanted, view);
  const { key, type } = asked;
  const { limits, clock } = desk;
  const { book, trades } = view;
  const refusal = await judge(desk, asked, view);
  const now = clock.now();
  const earlier = orderOf(book, key);
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
    : { ...common, state: 'placed', hold: newHold(desk), ...unresolvedOf(earlier, now) };
  const orders = book.orders.filter(
    (each) => !isForgotten(each, now) && !(each.state === 'settled' && trades.has(each.key)),
  );
  const isPlaced = earlier?.state === 'placed';
  const needsRoom = limitsAccount(limits) && !isPlaced && !asked.isExit && !isWayOut(limits, asked, book);
  return { order, read: book, rest: { ...book, orders }, needsRoom };
}

/** The answer to an earlier request is not known. */
const unresolvedOf = (earlier: BookOrder | undefined, now: Date) =>
  earlier?.state === 'placed' && isOnItsWay(earlier.since, now) ? { unresolved: earlier.since } : {};

export const newHold = (desk: Desk): Placed['hold'] => ({
  by: desk.newAttempt(),
  until: new Date(desk.clock.now().getTime() + HOLD_MS),
});
