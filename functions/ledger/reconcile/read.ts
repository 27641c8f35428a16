import { ACCOUNT, type AccountDocument, type AdjustmentDocument } from '../../contracts/ledger.ts';
import type { Book } from '../book.ts';
import type { Ledger } from '../connection.ts';
import { insertIfAbsent, isDuplicateKey, toTrade } from '../trades.ts';

/** More documents than a ledger has symbols, so that they come in one answer. */
const ONE_BATCH = 10_000;

/** The books of a ledger at one moment; their trades and adjustments are on record. */
export interface AllBooks {
  account: AccountDocument | undefined;
  books: Book[];
}

/**
 * All books, or those of some symbols.
 *
 * What an attempt that died had written into a book alone is put on record here, whether its symbol is traded again or not.
 */
export async function readBooks(ledger: Ledger, symbols: string[] | undefined): Promise<AllBooks> {
  for (;;) {
    const found = await ledger.books.find(among(symbols), { batchSize: ONE_BATCH }).toArray();
    const account = found.find(({ _id }) => _id === ACCOUNT) as AccountDocument | undefined;
    const books = found.filter(({ _id }) => _id !== ACCOUNT);
    await recordTrades(ledger, books);
    if (!(await recordAdjustments(ledger, books))) return { account, books };
  }
}

/** The versions of the books now. */
export async function versionsNow(
  ledger: Ledger,
  symbols: string[] | undefined,
): Promise<ReadonlyMap<string, number>> {
  const found = await ledger.books
    .find(among(symbols), { batchSize: ONE_BATCH, projection: { version: 1 } })
    .toArray();
  return new Map(found.map(({ _id, version }) => [_id, version]));
}

const among = (symbols: string[] | undefined) =>
  symbols === undefined ? {} : { _id: { $in: [...symbols, ACCOUNT] } };

async function recordTrades({ trades }: Ledger, books: Book[]): Promise<void> {
  const settled = books.flatMap(({ _id: symbol, orders }) =>
    orders.flatMap((order) => (order.state === 'settled' ? [{ symbol, order }] : [])),
  );
  if (settled.length === 0) return;
  const keys = settled.map(({ order }) => order.key);
  const known = await trades
    .find({ _id: { $in: keys } }, { batchSize: ONE_BATCH, projection: { _id: 1 } })
    .toArray();
  const recorded = new Set(known.map(({ _id }) => _id));
  for (const { symbol, order } of settled) {
    if (!recorded.has(order.key)) await insertIfAbsent(trades, toTrade(symbol, order));
  }
}

/** Answers whether a book was changed by that. */
async function recordAdjustments(ledger: Ledger, books: Book[]): Promise<boolean> {
  const open = books.flatMap(({ adjustment }) => adjustment ?? []);
  for (const adjustment of open) await recordAdjustment(ledger, adjustment);
  return open.length > 0;
}

/** Puts the adjustment of a book on record, once, and takes it out of its book. */
export async function recordAdjustment(ledger: Ledger, adjustment: AdjustmentDocument): Promise<void> {
  const { _id: id, symbol } = adjustment;
  try {
    await ledger.adjustments.insertOne(adjustment);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  await ledger.books.updateOne(
    { _id: symbol, 'adjustment._id': id },
    { $unset: { adjustment: '' }, $inc: { version: 1 } },
  );
}
