import type { Book } from '../book.ts';
import type { Desk } from '../desk.ts';
import { settleLeftOvers } from '../left-overs.ts';
import { isLeftOver } from '../order.ts';

/** How many books are looked at, and how long that may take: the function ends after ten seconds. */
const MOST = 10;
const LONGEST_MS = 2_500;

/**
 * Finds out what became of orders that no attempt works on, the oldest first: their runs have ended, and their symbols may
 * never be traded again. What is left is found out by the next comparison.
 *
 * @returns whether a book was changed
 */
export async function settleOldOrders(desk: Desk, books: Book[]): Promise<boolean> {
  const begun = desk.clock.now();
  let isChanged = false;
  for (const { _id: symbol } of oldestFirst(books, begun).slice(0, MOST)) {
    if (desk.clock.now().getTime() - begun.getTime() > LONGEST_MS) break;
    isChanged = (await settleLeftOvers(desk, await desk.books.look(symbol))) || isChanged;
  }
  return isChanged;
}

function oldestFirst(books: Book[], now: Date): Book[] {
  const oldest = (book: Book) =>
    Math.min(...book.orders.filter((order) => isLeftOver(order, now)).map(({ since }) => since.getTime()));
  return books
    .map((book) => ({ book, since: oldest(book) }))
    .filter(({ since }) => since !== Infinity)
    .toSorted((one, other) => one.since - other.since)
    .map(({ book }) => book);
}
