import type { Book } from '../book.ts';
import type { Desk } from '../desk.ts';
import { settleLeftOvers } from '../left-overs.ts';
import { inTurn, isAbandoned, isLeftOver, type BookOrder } from '../order.ts';

/** How many books are looked at, and how long that may take: the function ends after ten seconds. */
const MOST = 10;
const LONGEST_MS = 2_500;

/**
 * Finds out what became of orders that no attempt works on: their runs have ended, and their symbols may never be traded
 * again. What is left is found out by the next comparison, which begins with another one.
 *
 * @returns whether a book was changed
 */
export async function settleOldOrders(desk: Desk, books: Book[]): Promise<boolean> {
  const begun = desk.clock.now();
  const having = (isLeft: (order: BookOrder, now: Date) => boolean) =>
    books.filter(({ orders }) => orders.some((order) => isLeft(order, begun))).map(({ _id }) => _id);
  const unsent = having(isAbandoned);
  const sent = inTurn(having(isLeftOver), begun, MOST).filter((symbol) => !unsent.includes(symbol));
  let isChanged = false;
  for (const symbol of [...unsent, ...sent]) {
    if (desk.clock.now().getTime() - begun.getTime() > LONGEST_MS) break;
    isChanged = (await settleLeftOvers(desk, await desk.books.look(symbol))) || isChanged;
  }
  return isChanged;
}
