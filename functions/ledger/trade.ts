import { Decimal128 } from 'mongodb';
import type { TradeDocument } from '../contracts/ledger.ts';
import type { Refusal } from '../contracts/trade.ts';
import { OrderPendingError, type OrdersAtBroker, type OrdersAtOnce } from '../market/market.ts';
import { isOnItsWay, marketKey, toMarketOrder, toStoredFill } from './at-market.ts';
import { settled, toDecimal128, withOrder, type Book } from './book.ts';
import type { View } from './books.ts';
import { carryOut, pendingFor } from './carry-out.ts';
import { dayOf } from './day.ts';
import type { Desk } from './desk.ts';
import { exitOrder } from './exit.ts';
import { judge } from './judge.ts';
import { IdempotencyConflictError, known, orderOf } from './known.ts';
import { settleLeftOvers } from './left-overs.ts';
import { sharesToSell, type Asked, type Exit } from './limits.ts';
import {
  HOLD_MS,
  isForgotten,
  isHeld,
  type BookOrder,
  type Placed,
  type Refused,
  type Settled,
} from './order.ts';

/** How long an attempt waits for another one at the same order; the function ends after ten seconds. */
const OTHER_MS = 6_000;
const POLL_MS = 100;

/**
 * Executes an order once for its key, or says why not.
 *
 * One write of its symbol's book judges the order and lets it go: whatever changes the book meanwhile, another order or a
 * halt, has it judged again. What became of an order that was let go is found out by the next attempt with its key, and by
 * the next judgement of another order of its symbol.
 */
export async function trade(desk: Desk, asked: Asked | Exit): Promise<TradeDocument | Refusal> {
  const begun = desk.clock.now().getTime();
  for (;;) {
    const view = await desk.books.look(asked.symbol, asked.key);
    const answer =
      (await known(desk, view, asked)) ?? (await pendingOnErrors(asked, view, attempt(desk, asked, view)));
    if (answer) return answer;
    if (desk.clock.now().getTime() - begun > OTHER_MS) {
      throw new OrderPendingError(`What becomes of the order ${asked.key} is not known yet.`);
    }
  }
}

/** What speaks against an order now, if anything does; nothing is traded. */
export async function wouldRefuse(desk: Desk, asked: Asked): Promise<Refusal | undefined> {
  for (;;) {
    const view = await desk.books.look(asked.symbol, asked.key);
    if (await known(desk, view, asked)) return undefined;
    if (!(await desk.books.isOf(await desk.market.venue(), view))) continue;
    if (await settleLeftOvers(desk, view, asked.key)) continue;
    return judge(desk, asked, view);
  }
}

/** No error is final for an order that the market may have. */
async function pendingOnErrors<T>({ key }: Asked | Exit, { book }: View, attempted: Promise<T>): Promise<T> {
  try {
    return await attempted;
  } catch (error) {
    const isKnown = error instanceof OrderPendingError || error instanceof IdempotencyConflictError;
    if (isKnown || orderOf(book, key)?.state !== 'placed') throw error;
    throw pendingFor(key, error);
  }
}

/** One attempt at an order whose outcome is not known; undefined if its book must be read again. */
async function attempt(desk: Desk, asked: Asked | Exit, view: View): Promise<TradeDocument | undefined> {
  const { books, market } = desk;
  if (!(await books.isOf(await market.venue(), view))) return undefined;
  const { orders } = market;
  if (orders.kind === 'at once') return attemptAtOnce(desk, asked, view, orders);
  await attemptAtBroker(desk, asked, view, orders);
  return undefined;
}

/** The order is let go and settled by the same write. */
async function attemptAtOnce(
  desk: Desk,
  asked: Asked | Exit,
  view: View,
  orders: OrdersAtOnce,
): Promise<TradeDocument | undefined> {
  const { books, clock, limits } = desk;
  await settleLeftOvers(desk, view, asked.key);
  const { book, order } = await decide(desk, asked, view);
  if (order.state === 'refused') {
    await books.replace(view.book, book);
    return undefined;
  }
  const now = clock.now();
  const fill = toStoredFill(orders.fill(toMarketOrder(view.ledger, asked.symbol, order), now));
  const written = await books.replace(view.book, settled(book, order, fill, now, limits.timeZone));
  return written && books.record(asked.symbol, orderOf(written, asked.key) as Settled);
}

async function attemptAtBroker(
  desk: Desk,
  asked: Asked | Exit,
  view: View,
  orders: OrdersAtBroker,
): Promise<void> {
  const { books, clock } = desk;
  const { ledger } = view;
  const earlier = orderOf(view.book, asked.key);
  if (earlier && isHeld(earlier, clock.now())) return clock.sleep(POLL_MS);
  const sent = earlier?.state === 'placed' ? earlier : undefined;
  const found = sent && (await orders.find(marketKey(ledger, asked.key)));
  if (found) {
    const order = { ...sent, hold: newHold(desk) };
    const book = await books.replace(view.book, withOrder(view.book, order));
    if (book) await carryOut(desk, { book, ledger }, order, orders, found);
    return;
  }
  if (await settleLeftOvers(desk, view, asked.key)) return;
  const decided = await decide(desk, asked, view);
  const { order } = decided;
  if (order.state === 'refused' && sent && isOnItsWay(sent.since, clock.now())) {
    throw new OrderPendingError(
      `The order ${asked.key} was sent, and the market does not show it. What became of it is known in a minute.`,
    );
  }
  const book = await books.replace(view.book, decided.book);
  if (book && order.state === 'placed') await carryOut(desk, { book, ledger }, order, orders);
}

/** The book with the order in it, let go or refused; and without what is not needed any more. */
async function decide(
  desk: Desk,
  wanted: Asked | Exit,
  view: View,
): Promise<{ book: Book; order: Placed | Refused }> {
  const asked = 'qty' in wanted ? wanted : await exitOrder(desk, wanted, view);
  const { key, type } = asked;
  const { limits, clock } = desk;
  const refusal = await judge(desk, asked, view);
  const now = clock.now();
  const common = {
    key,
    type,
    qty: toDecimal128(sharesToSell(limits, asked, view.book)),
    asked: { qty: Decimal128.fromString(asked.qty), price: Decimal128.fromString(asked.price) },
    day: dayOf(now, limits.timeZone),
    since: now,
  };
  const order: Placed | Refused = refusal
    ? { ...common, state: 'refused', refusal }
    : { ...common, state: 'placed', hold: newHold(desk), ...unresolvedOf(orderOf(view.book, key), now) };
  const orders = view.book.orders.filter(
    (each) => !isForgotten(each, now) && !(each.state === 'settled' && view.trades.has(each.key)),
  );
  return { book: withOrder({ ...view.book, orders }, order), order };
}

/** The answer to an earlier request is not known. */
const unresolvedOf = (earlier: BookOrder | undefined, now: Date) =>
  earlier?.state === 'placed' && isOnItsWay(earlier.since, now) ? { unresolved: earlier.since } : {};

const newHold = (desk: Desk): Placed['hold'] => ({
  by: desk.newAttempt(),
  until: new Date(desk.clock.now().getTime() + HOLD_MS),
});
