import { randomBytes } from 'node:crypto';
import type { ClientSession, Filter } from 'mongodb';
import { ACCOUNT, type AccountDocument, type Halt, type TradeDocument } from '../contracts/ledger.ts';
import { newBook, type Book } from './book.ts';
import { claimOf, type Claiming } from './claim.ts';
import type { Ledger } from './connection.ts';
import { halt } from './halt.ts';
import type { Settled } from './order.ts';
import { insertIfAbsent, isDuplicateKey, toTrade } from './trades.ts';

/** Thrown if the ledger has the trades of another market or account; nothing was traded. */
export class LedgerVenueError extends Error {
  override readonly name = 'LedgerVenueError';
}

/** What an order is judged by. */
export interface View {
  book: Book;
  halted: Halt | undefined;
  /** The market and the account that the ledger is of; undefined before its first order. */
  venue: string | undefined;
  /** What the keys of this ledger's orders begin with at the market. */
  ledger: string;
  /** The trades of the key that was asked about, and of the settled orders in the book; by key. */
  trades: ReadonlyMap<string, TradeDocument>;
}

/** The books of a ledger, and its trades. */
export class Books {
  readonly #ledger: Ledger;
  readonly #in: { session?: ClientSession };
  readonly #newLedger: () => string;

  /** @param newLedger a name that no other ledger has */
  constructor(ledger: Ledger, newLedger: () => string = () => randomBytes(6).toString('hex')) {
    this.#ledger = ledger;
    this.#in = ledger.session ? { session: ledger.session } : {};
    this.#newLedger = newLedger;
  }

  async look(symbol: string, key?: string): Promise<View> {
    for (;;) {
      const found = await this.#ledger.books.find({ _id: { $in: [symbol, ACCOUNT] } }, this.#in).toArray();
      const account = found.find(({ _id }) => _id === ACCOUNT) as AccountDocument | undefined;
      const book = found.find(({ _id }) => _id === symbol);
      if (!book) {
        // What was written is read again, together with a halt that came meanwhile.
        await this.#open(symbol, account?.halted);
        continue;
      }
      const keys = book.orders.filter(({ state }) => state === 'settled').map((order) => order.key);
      const asked = [...new Set([...(key === undefined ? [] : [key]), ...keys])];
      const trades =
        asked.length === 0 ? [] : await this.#ledger.trades.find({ _id: { $in: asked } }).toArray();
      return {
        book,
        halted: account?.halted ?? book.halted,
        venue: account?.venue,
        ledger: account?.ledger ?? '',
        trades: new Map(trades.map((trade) => [trade._id, trade])),
      };
    }
  }

  /**
   * Holds a ledger to its venue; the first order of a ledger makes it one of its venue.
   *
   * @returns false if it had none until now, and must be read again
   */
  async isOf(venue: string, view: Pick<View, 'venue'>): Promise<boolean> {
    if (view.venue === venue) return true;
    if (view.venue === undefined) {
      await this.#claim(venue);
      return false;
    }
    throw new LedgerVenueError(
      `The ledger in this database has the trades of ${view.venue}, and this deployment trades with ${venue}. ` +
        'Nothing was traded. Give it another database (databaseName), or deploy the market that the ledger is of.',
    );
  }

  /** Writes a book in place of the one that was read, and answers it as written; undefined if it was changed meanwhile. */
  async replace({ version }: Book, next: Book): Promise<Book | undefined> {
    const written = { ...next, version: version + 1, claim: claimOf(next) };
    const { _id, ...fields } = written;
    const { matchedCount } = await this.#ledger.books.replaceOne({ _id, version }, fields, this.#in);
    return matchedCount === 1 ? written : undefined;
  }

  /** Changes a book by what it is now, however often others change it meanwhile. */
  async change(read: Book, next: (book: Book) => Book | undefined): Promise<Book | undefined> {
    for (let book = read; ; book = (await this.look(read._id)).book) {
      const changed = next(book);
      if (!changed) return undefined;
      const written = await this.replace(book, changed);
      if (written) return written;
    }
  }

  record(symbol: string, order: Settled): Promise<TradeDocument> {
    return insertIfAbsent(this.#ledger.trades, toTrade(symbol, order));
  }

  /**
   * What the books claim of the account, without the one of a symbol. A caller's own write is before it: of two callers, the
   * one whose write is later in the store's order sees what the other one wrote.
   */
  others(symbol?: string): Promise<Claiming[]> {
    const isOther = { _id: { $nin: symbol === undefined ? [ACCOUNT] : [ACCOUNT, symbol] } };
    return this.#ledger.books.find(isOther, { projection: { claim: 1, day: 1 }, ...this.#in }).toArray();
  }

  /** Books of other symbols with orders that no attempt works on. */
  withLeftOvers(symbol: string, now: Date): Promise<Pick<Book, '_id' | 'orders'>[]> {
    const isLeft = { state: { $in: ['decided', 'placed'] }, 'hold.until': { $lte: now } };
    const filter = { _id: { $nin: [ACCOUNT, symbol] }, orders: { $elemMatch: isLeft } } as Filter<Book>;
    return this.#ledger.books.find(filter, { projection: { orders: 1 } }).toArray();
  }

  async halt(note: string, since: Date): Promise<void> {
    await halt(this.#ledger.account, { since, note });
  }

  async #claim(venue: string): Promise<void> {
    const claim = { venue, ledger: this.#newLedger() };
    await this.#ledger.trades.createIndexes([
      { key: { symbol: 1, timestamp: 1 } },
      { key: { timestamp: 1 } },
    ]);
    await ignoringDuplicate(
      this.#ledger.account.updateOne(
        { _id: ACCOUNT, venue: { $exists: false } },
        { $set: claim },
        { upsert: true },
      ),
    );
  }

  async #open(symbol: string, halted: Halt | undefined): Promise<void> {
    await ignoringDuplicate(this.#ledger.books.insertOne(newBook(symbol, halted)));
  }
}

/** Another caller wrote the same at the same moment. */
async function ignoringDuplicate(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}
