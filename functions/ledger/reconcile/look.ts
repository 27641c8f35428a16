import type { Holding, OpenOrder } from '../../market/market.ts';
import { Money } from '../../shared/money.ts';
import type { Book } from '../book.ts';
import { isUnderWay } from '../order.ts';
import type { BrokerDesk } from './desk.ts';
import { readBooks, versionsNow, type AllBooks } from './read.ts';
import { sharesOnRecord } from './records.ts';

/** What a symbol's book and the broker had at one moment. */
export interface Pair {
  book: Book;
  /** Shares at the broker, and what one cost on average. */
  qty: Money;
  averagePrice: Money;
  /** Open orders of this ledger that the book does not have. */
  stray: OpenOrder[];
  /** What all trades and adjustments add up to, if that was asked for. */
  onRecord: Money | undefined;
}

/** One look at the books and at the broker. */
export interface Look {
  /** By symbol, each that can be compared. */
  pairs: ReadonlyMap<string, Pair>;
  /** Symbols that can't be: an order is under way, or their book was changed while the broker was asked. */
  busy: Book[];
}

/**
 * Reads the books, asks the broker by two requests for all symbols together, and reads the versions of the books again.
 * What is compared was then the same while the broker answered.
 *
 * @param full whose trades are added up
 */
export async function look(
  desk: BrokerDesk,
  { books, account }: AllBooks,
  { symbols, full }: { symbols: string[] | undefined; full: string[] | undefined },
): Promise<Look> {
  const { ledger, orders } = desk;
  const [held, open] = await Promise.all([orders.positions(), orders.open()]);
  const onRecord = full && (await sharesOnRecord(ledger, full));
  const own = open.filter((order) => isOwn(order, account?.ledger));
  const known = new Set(books.map(({ _id }) => _id));
  const unknown = own.filter(({ symbol }) => !known.has(symbol) && (symbols?.includes(symbol) ?? true));
  if (unknown.length > 0) {
    // A difference stands in a book. It may have been dropped by hand.
    for (const { symbol } of unknown) await desk.books.look(symbol);
    return look(desk, await readBooks(ledger, symbols), { symbols, full });
  }
  const holdings = new Map(held.map((holding) => [holding.symbol, holding]));
  const versions = await versionsNow(ledger, symbols);
  const isStill = (book: Book) => versions.get(book._id) === book.version && !book.orders.some(isUnderWay);
  const pairs = books.filter(isStill).map((book) => {
    const symbol = book._id;
    const stray = own.filter((order) => order.symbol === symbol);
    return [symbol, toPair(book, holdings.get(symbol), stray, onRecord?.get(symbol))] as const;
  });
  return { pairs: new Map(pairs), busy: books.filter((book) => !isStill(book)) };
}

/** Whether an order at the broker is of this ledger: its key begins with the ledger's name. */
export const isOwn = ({ key }: OpenOrder, ledger: string | undefined): boolean =>
  ledger !== undefined && key.startsWith(`${ledger}-`);

const toPair = (
  book: Book,
  held: Holding | undefined,
  stray: OpenOrder[],
  onRecord: Money | undefined,
): Pair => ({
  book,
  qty: new Money(held?.qty ?? 0),
  averagePrice: new Money(held?.averagePrice ?? 0),
  stray,
  onRecord,
});
