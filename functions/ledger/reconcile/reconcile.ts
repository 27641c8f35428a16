import type * as z from 'zod';
import type { Difference } from '../../contracts/ledger.ts';
import type { DifferenceAnswer, reconcileLedger, Reconciliation } from '../../contracts/reconcile-ledger.ts';
import { newYorkDay } from '../../market/new-york.ts';
import { Money } from '../../shared/money.ts';
import { haltOnLoss } from '../account.ts';
import type { Book } from '../book.ts';
import { settleOldOrders } from '../old-orders.ts';
import { isUnderWay } from '../order.ts';
import { accept } from './accept.ts';
import { cancelOpen } from './cancel-open.ts';
import type { BrokerDesk, ReconcileDesk } from './desk.ts';
import { explained, isDifferent, isSame, toFound, unexplained, type Deviation } from './deviation.ts';
import { look, type Look } from './look.ts';
import { readBooks, type AllBooks } from './read.ts';
import { writeDifferences } from './standing.ts';

/** A broker may show an order and its shares some moments apart, so a difference must be there twice. */
const AGAIN_MS = 1_000;
/** An order for the day is settled long before that, unless the broker does not answer or does not cancel it. */
const OVERDUE_MS = 15 * 60_000;
/** How far back a company may have done what explains a difference. */
const ACTIONS_DAYS = 90;
/** More symbols do not differ because of what companies did. */
const MOST_EXPLAINED = 200;
const DAY_MS = 86_400_000;

type Request = z.output<typeof reconcileLedger.request>;

/** Compares the ledger with the broker, and writes what differs into the books: docs/reconciliation.md. */
export async function reconcile(desk: ReconcileDesk, request: Request): Promise<Reconciliation> {
  const { market, ledger, books } = desk;
  const { orders } = market;
  const { symbols } = request;
  const begun = await readBooks(ledger, symbols);
  const venue = begun.account?.venue;
  // A ledger without orders is of no broker yet.
  if (orders.kind === 'at once' || venue === undefined) return NOTHING;
  await books.isOf(await market.venue(), { venue });
  const atBroker = { ...desk, orders };
  const ended = request.cancel_open
    ? await cancelOpen(atBroker, begun.account?.ledger, symbols)
    : { canceled: [], left: 0 };
  const isChanged = await settleOldOrders(desk, begun.books);
  // What was settled may be the loss that the day is not to have.
  if (isChanged) await haltOnLoss(desk);
  const isStale = isChanged || request.cancel_open === true;
  const compared = await compare(atBroker, isStale ? await readBooks(ledger, symbols) : begun, request);
  return {
    ...(await judged(atBroker, compared, request)),
    canceled: ended.canceled.map(({ symbol, key }) => ({ symbol, key })),
    left: ended.left,
  };
}

const NOTHING: Reconciliation = {
  compared: 0,
  busy: [],
  overdue: [],
  differences: [],
  accepted: [],
  refused: [],
  canceled: [],
  left: 0,
};

interface Comparison {
  look: Look;
  /** What differed at both looks. */
  deviations: ReadonlyMap<string, Deviation>;
}

/** One look if nothing differs, or else two. */
async function compare(desk: BrokerDesk, read: AllBooks, request: Request): Promise<Comparison> {
  const { symbols } = request;
  const first = await look(desk, read, { symbols, full: fullOf(read.books, request) });
  const suspects = new Map([...first.pairs].filter(([, pair]) => isDifferent(pair)));
  if (suspects.size === 0) return { look: first, deviations: new Map() };
  await desk.clock.sleep(AGAIN_MS);
  const again = await readBooks(desk.ledger, symbols);
  const second = await look(desk, again, { symbols, full: fullOf(again.books, request) });
  const twice = [...second.pairs.values()].filter((pair) => {
    return isDifferent(pair) && suspects.get(pair.book._id)?.book.version === pair.book.version;
  });
  const actions = await companyActions(desk, unexplained(twice), request);
  const deviations = twice.map((pair) => [pair.book._id, explained(pair, actions)] as const);
  return { look: second, deviations: new Map(deviations) };
}

/** Whose trades are added up: all of them if that is asked for, or else those that differed in it before. */
function fullOf(books: Book[], { full }: Request): string[] | undefined {
  const differed = ({ difference }: Book) => difference?.found.some(({ kind }) => kind === 'trades');
  const chosen = full ? books : books.filter(differed);
  return chosen.length === 0 ? undefined : chosen.map(({ _id }) => _id);
}

/** What companies did lately. A difference stands without it, but is not accepted without it. */
async function companyActions(desk: BrokerDesk, symbols: string[], request: Request) {
  if (symbols.length === 0 || symbols.length > MOST_EXPLAINED) return [];
  const now = desk.clock.now().getTime();
  const [from, to] = [newYorkDay(new Date(now - ACTIONS_DAYS * DAY_MS)), newYorkDay(new Date(now))];
  try {
    return await desk.orders.corporateActions(symbols, from, to);
  } catch (error) {
    if (request.accept) throw error;
    return [];
  }
}

/** Accepts what was asked for, and writes down the rest. */
async function judged(
  desk: BrokerDesk,
  { look: { pairs, busy }, deviations }: Comparison,
  { accept: isAccepting, note }: Request,
): Promise<Omit<Reconciliation, 'canceled' | 'left'>> {
  const now = desk.clock.now();
  const accepted: Reconciliation['accepted'] = [];
  const refused: Reconciliation['refused'] = [];
  const standing = [...pairs.values()].filter(({ book }) => book.difference);
  for (const pair of isAccepting ? standing : []) {
    const symbol = pair.book._id;
    const deviation = deviations.get(symbol) ?? explained(pair, []);
    const reason = notAcceptable(pair.book.difference!, deviation);
    const adjustment = reason === undefined ? await accept(desk, deviation, note) : undefined;
    if (adjustment) {
      accepted.push({ symbol, before: text(adjustment.before.qty), after: text(adjustment.after.qty) });
    } else {
      refused.push({ symbol, reason: reason ?? 'its book was changed meanwhile; do it again' });
    }
  }
  for (const { _id, difference } of isAccepting ? busy : []) {
    if (difference)
      refused.push({ symbol: _id, reason: 'an order is under way; do it again when it is settled' });
  }
  const done = new Set(accepted.map(({ symbol }) => symbol));
  const rest = [...deviations.values()].filter(({ book }) => !done.has(book._id));
  const written = await writeDifferences(desk.ledger, rest, now);
  const books = [...busy, ...[...pairs.values()].map(({ book }) => book)].filter(({ _id }) => !done.has(_id));
  return {
    compared: pairs.size,
    busy: names(busy),
    overdue: names(busy.filter((book) => isOverdue(book, now))),
    differences: books
      .flatMap((book) => {
        const pair = pairs.get(book._id);
        return toAnswer(book, written.get(book._id), pair !== undefined && !isDifferent(pair));
      })
      .toSorted((one, other) => one.symbol.localeCompare(other.symbol)),
    accepted,
    refused,
  };
}

/** A person accepts what is on record, which is what a person has seen. */
function notAcceptable({ found }: Difference, deviation: Deviation): string | undefined {
  if (deviation.stray.length > 0) {
    return 'an order is open at the broker that the ledger does not have; cancel it first (halt --cancel-open)';
  }
  const now = toFound(deviation);
  if (now.length === 0 || isSame(found, now)) return undefined;
  return 'it differs otherwise by now; look at it again';
}

function toAnswer(book: Book, written: Difference | undefined, agrees: boolean): DifferenceAnswer[] {
  const stands = written ?? book.difference;
  if (!stands) return [];
  const { since, found } = stands;
  return [{ symbol: book._id, since: since.toISOString(), found, new: !book.difference, agrees }];
}

const isOverdue = ({ orders }: Book, now: Date) =>
  orders.some((order) => isUnderWay(order) && now.getTime() - order.since.getTime() > OVERDUE_MS);

const names = (books: Book[]): string[] => books.map(({ _id }) => _id).toSorted();
const text = (qty: { toString(): string }) => new Money(qty.toString()).toFixed();
