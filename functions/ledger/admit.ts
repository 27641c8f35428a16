import type { Refusal } from '../contracts/trade.ts';
import { askAccount } from './account.ts';
import { claimOf } from './claim.ts';
import { withOrder, type Book } from './book.ts';
import type { Decision } from './decide.ts';
import type { Desk } from './desk.ts';
import { orderOf } from './known.ts';
import { isStillOf, type Decided, type Placed, type Refused } from './order.ts';

/** The longest wait after which an order that had no room is decided again. */
const CROWDED_MS = 300;

/**
 * Admits an order that its book allows, so that the next write of the book may let it go.
 *
 * Where the account has limits, the order is first written as decided, and then all books are read: of two orders at the
 * same moment, the one that is written later sees the other one. No order waits for another one's, and no document is
 * written by all.
 *
 * @returns undefined if the order is refused, which is on record then, or must be decided again
 */
export async function admit(desk: Desk, decision: Decision): Promise<Decision<Placed> | undefined> {
  const { books, clock } = desk;
  const { order, read, rest, needsRoom } = decision;
  if (order.state === 'refused') {
    await books.replace(read, withOrder(rest, order));
    return undefined;
  }
  if (!needsRoom) return { order, read, rest, needsRoom };
  const decided: Decided = { ...order, state: 'decided' };
  const written = await books.replace(read, withOrder(rest, decided));
  if (!written) return undefined;
  const verdict = await askAccount(desk, written, order.day);
  if (verdict === 'allowed') return { order, read: written, rest: written, needsRoom };
  await books.change(written, (book) =>
    isStillOf(orderOf(book, order.key), decided) ? withVerdict(book, decided, verdict) : undefined,
  );
  if (verdict === 'crowded') await clock.sleep(Math.ceil(clock.random() * CROWDED_MS));
  return undefined;
}

/** Whether an order that its book allows would be refused for the account's sake; it is not written. */
export async function wouldNotAdmit(
  desk: Desk,
  { order, rest, needsRoom }: Decision<Placed>,
): Promise<Refusal | undefined> {
  if (!needsRoom) return undefined;
  const decided = withOrder(rest, { ...order, state: 'decided' });
  const verdict = await askAccount(desk, { ...decided, claim: claimOf(decided) }, order.day);
  // Whether there is room is for the order itself to find out.
  return typeof verdict === 'object' ? verdict : undefined;
}

function withVerdict(book: Book, decided: Decided, verdict: 'crowded' | Refusal): Book {
  if (verdict === 'crowded') {
    return { ...book, orders: book.orders.filter(({ key }) => key !== decided.key) };
  }
  const { key, type, qty, asked, day, since } = decided;
  const refused: Refused = { key, type, qty, asked, day, since, state: 'refused', refusal: verdict };
  return withOrder(book, refused);
}
