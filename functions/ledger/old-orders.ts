import type { Book } from './book.ts';
import type { Desk } from './desk.ts';
import { settleLeftOvers } from './left-overs.ts';
import { inTurn, isAbandoned, isLeftOver, type BookOrder } from './order.ts';

/** Of how many books orders are looked at, at the market, and how long that may take: the function ends after ten seconds. */
const BOUNDS = { most: 10, longestMs: 2_500 };

/**
 * Finds out what became of orders that no attempt works on: their runs have ended, and their symbols may never be traded
 * again. One that was never sent costs no request; of the rest, each time begins with another one.
 *
 * @returns whether a book was changed
 */
export async function settleOldOrders(
  desk: Desk,
  books: Pick<Book, '_id' | 'orders'>[],
  { most, longestMs } = BOUNDS,
): Promise<boolean> {
  const begun = desk.clock.now();
  const having = (isLeft: (order: BookOrder, now: Date) => boolean) =>
    books.filter(({ orders }) => orders.some((order) => isLeft(order, begun))).map(({ _id }) => _id);
  const unsent = having(isAbandoned);
  const sent = having(isLeftOver).filter((symbol) => !unsent.includes(symbol));
  let isChanged = false;
  for (const symbol of [...unsent, ...inTurn(sent, begun, most)]) {
    if (desk.clock.now().getTime() - begun.getTime() > longestMs) break;
    isChanged = (await settleLeftOvers(desk, await desk.books.look(symbol))) || isChanged;
  }
  return isChanged;
}
