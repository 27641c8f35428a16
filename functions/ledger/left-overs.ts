import type { OrdersAtBroker, OrderStatus } from '../market/market.ts';
import { marketKey, withStatus } from './at-market.ts';
import type { Book } from './book.ts';
import type { View } from './books.ts';
import type { Desk } from './desk.ts';
import { orderOf } from './known.ts';
import { isAbandoned, isLeftOver, isStillOf, type Placed } from './order.ts';

/** How many orders of others are looked at before an order is judged. Those that are left count as if they were filled. */
const MOST = 3;
/** How long that may take; the function ends after ten seconds. */
const LONGEST_MS = 3_000;

/**
 * Finds out what became of orders that were let go and that no attempt works on: theirs died, or gave up. Each judgement of
 * an order begins with this, so nothing that is over stands in its way.
 *
 * @returns whether the book was changed
 */
export async function settleLeftOvers(desk: Desk, view: View, own?: string): Promise<boolean> {
  const { market, clock, books, limits } = desk;
  const { book, ledger } = view;
  await recordSettled(desk, book, view.trades);
  const { orders } = market;
  const begun = clock.now();
  const looked: { order: Placed; status: OrderStatus | undefined }[] = [];
  for (const order of orders.kind === 'at once' ? [] : book.orders) {
    const isLate = clock.now().getTime() - begun.getTime() > LONGEST_MS;
    if (looked.length === MOST || isLate) break;
    if (order.key === own || !isLeftOver(order, begun)) continue;
    // What can't be found out now counts on; an order of another key must not fail for it.
    await lookAt(orders as OrdersAtBroker, marketKey(ledger, order.key)).then(
      (status) => looked.push({ order, status }),
      () => undefined,
    );
  }
  const changed = await books.change(book, (current) => {
    const next = looked.reduce(
      (before, { order, status }) => {
        // Another attempt may have taken it over since it was read.
        return isStillOf(orderOf(before, order.key), order)
          ? withStatus(before, order, status, clock.now(), limits.timeZone)
          : before;
      },
      withoutAbandoned(current, clock.now()),
    );
    return next === current ? undefined : next;
  });
  return changed !== undefined;
}

function withoutAbandoned(book: Book, now: Date): Book {
  const orders = book.orders.filter((order) => !isAbandoned(order, now));
  return orders.length === book.orders.length ? book : { ...book, orders };
}

/** Takes back what is not filled yet: no caller waits for it any more. */
async function lookAt(orders: OrdersAtBroker, key: string): Promise<OrderStatus | undefined> {
  const status = await orders.find(key);
  if (!status || status.isOver) return status;
  await orders.cancel(status);
  return orders.find(key);
}

/** Writes the trades of settled orders whose attempts died before they had. */
async function recordSettled({ books }: Desk, book: Book, recorded: View['trades']): Promise<void> {
  for (const order of book.orders) {
    if (order.state === 'settled' && !recorded.has(order.key)) await books.record(book._id, order);
  }
}
