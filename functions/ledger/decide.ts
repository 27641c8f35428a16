import { ACCOUNT, type Halt, type TradeDocument } from '../contracts/ledger.ts';
import type { Refusal } from '../contracts/trade.ts';
import { market } from '../market/index.ts';
import { Money } from '../shared/money.ts';
import { isAtWork, newBook, toDecimal128, withTrades, type Book, type Decision } from './book.ts';
import type { Ledger } from './connection.ts';
import { brokenLimit, refusal, type Asked, type Limits } from './limits.ts';
import { isDuplicateKey } from './trades.ts';

/** What became of an order: it was carried out before, it is refused, or it may be placed. */
export type Decided = { trade: TradeDocument } | { refusal: Refusal } | 'place';

/**
 * Decides an order once for its key, and writes the decision into the symbol's book before the order is placed.
 *
 * A second caller with the same key gets the same decision. After a minute no function can still work on it: then an
 * order without a trade is decided again, unless the market has it.
 */
export async function decide(ledger: Ledger, limits: Limits, order: Asked): Promise<Decided> {
  for (;;) {
    const now = new Date();
    const { book, halted, trade } = await look(ledger, limits, order);
    if (trade) return { trade };
    const earlier = book.decisions.find(({ key }) => key === order.key);
    if (earlier?.refusal) return { refusal: earlier.refusal };
    if (earlier && (isAtWork(earlier, now) || (await market.holds(order.key)))) return 'place';

    const current = await withoutLeftOvers(book, order.key, now);
    const refused = await judge(limits, order, current, halted);
    const decision = { ...toDecision(order, now), ...(refused && { refusal: refused }) };
    const next = { ...current, decisions: [...current.decisions, decision], version: book.version + 1 };
    // If another caller wrote first, the loop decides again with what it wrote.
    const { matchedCount } = await ledger.books.replaceOne(
      { _id: book._id, version: book.version },
      withoutId(next),
    );
    if (matchedCount === 1) return refused ? { refusal: refused } : 'place';
  }
}

/** Whether an order would be let through now; nothing is written but the book's first state. */
export async function wouldRefuse(
  ledger: Ledger,
  limits: Limits,
  order: Asked,
): Promise<Refusal | undefined> {
  const { book, halted, trade } = await look(ledger, limits, order);
  return trade ? undefined : judge(limits, order, book, halted);
}

/** The market refused an order that was let through: its shares are free again. */
export async function refuse(
  { books }: Ledger,
  { symbol, key }: Asked,
  { refused, limit }: Refusal,
): Promise<void> {
  await books.updateOne(
    { _id: symbol, decisions: { $elemMatch: { key, refusal: { $exists: false } } } },
    { $set: { 'decisions.$.refusal': { refused, limit } }, $inc: { version: 1 } },
  );
}

/** The book with every trade of its orders in it, and the trade of this order, if there is one. */
async function look(ledger: Ledger, { timeZone }: Limits, { symbol, key }: Asked) {
  const found = await ledger.books.find({ _id: { $in: [symbol, ACCOUNT] } }).toArray();
  const account = found.find(({ _id }) => _id === ACCOUNT) as { halted?: Halt } | undefined;
  const book = found.find(({ _id }) => _id === symbol) ?? (await openBook(ledger, symbol, timeZone));
  const keys = [...new Set([key, ...book.decisions.map((decision) => decision.key)])];
  const trades = await ledger.trades.find({ _id: { $in: keys } }).toArray();
  const ofBook = trades.filter(({ _id }) => book.decisions.some((decision) => decision.key === _id));
  return {
    book: withTrades(book, ofBook, timeZone),
    halted: account?.halted,
    trade: trades.find(({ _id }) => _id === key),
  };
}

/** A symbol's first book: what a ledger that is older than its books holds is counted once. */
async function openBook({ books, trades }: Ledger, symbol: string, timeZone: string): Promise<Book> {
  await trades.createIndexes([{ key: { symbol: 1, timestamp: 1 } }, { key: { timestamp: 1 } }]);
  const made = await trades.find({ symbol }).sort({ timestamp: 1 }).toArray();
  const book = withTrades(newBook(symbol), made, timeZone);
  try {
    await books.insertOne(book);
    return book;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await books.findOne({ _id: symbol })) ?? book;
  }
}

async function judge(limits: Limits, order: Asked, book: Book, halted: Halt | undefined) {
  if (halted) {
    const note = halted.note === undefined ? '' : `: ${halted.note}`;
    return refusal('halted', `trading is halted since ${halted.since.toISOString()}${note}`);
  }
  const priceNow =
    limits.maxPriceMovePercent === undefined
      ? undefined
      : (await market.quote(order.symbol, new Date())).price;
  return brokenLimit(limits, order, book, { now: new Date(), priceNow });
}

/** Drops decisions that no function works on: refusals, this order's own, and orders that the market never got. */
async function withoutLeftOvers(book: Book, own: string, now: Date): Promise<Book> {
  const decisions: Decision[] = [];
  for (const decision of book.decisions) {
    if (decision.key === own) continue;
    const isLeftOver =
      !isAtWork(decision, now) && (decision.refusal !== undefined || !(await market.holds(decision.key)));
    if (!isLeftOver) decisions.push(decision);
  }
  return { ...book, decisions };
}

function toDecision({ key, type, qty, price }: Asked, at: Date): Decision {
  return { key, type, qty, value: toDecimal128(new Money(price).times(qty)), at };
}

function withoutId({ _id, ...fields }: Book): Omit<Book, '_id'> {
  void _id;
  return fields;
}
