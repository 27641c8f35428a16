import type { TradeDocument } from '../contracts/ledger.ts';
import type { Refusal } from '../contracts/trade.ts';
import { OrderPendingError, type OrdersAtBroker, type OrdersAtOnce } from '../market/market.ts';
import { haltOnLoss } from './account.ts';
import { admit, wouldNotAdmit } from './admit.ts';
import { isOnItsWay, marketKey, toMarketOrder, toStoredFill } from './at-market.ts';
import { letGo, settled, withOrder } from './book.ts';
import type { View } from './books.ts';
import { carryOut, pendingFor } from './carry-out.ts';
import { decide, newHold } from './decide.ts';
import type { Desk } from './desk.ts';
import { IdempotencyConflictError, known, orderOf } from './known.ts';
import { settleLeftOvers } from './left-overs.ts';
import type { Asked, Exit } from './limits.ts';
import { isHeld, type Settled } from './order.ts';

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
    if (answer) {
      if ('_id' in answer) await haltOnLoss(desk);
      return answer;
    }
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
    const decision = await decide(desk, asked, view);
    const { order } = decision;
    return order.state === 'refused' ? order.refusal : wouldNotAdmit(desk, { ...decision, order });
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
  const earlier = orderOf(view.book, asked.key);
  if (earlier && isHeld(earlier, clock.now())) {
    await clock.sleep(POLL_MS);
    return undefined;
  }
  if (await settleLeftOvers(desk, view, asked.key)) return undefined;
  const admission = await admit(desk, await decide(desk, asked, view));
  if (!admission) return undefined;
  const { order, read, rest } = admission;
  const now = clock.now();
  const fill = toStoredFill(orders.fill(toMarketOrder(view.ledger, asked.symbol, order), now));
  const next = settled(letGo(rest, order), order, fill, now, limits.timeZone);
  const written = await books.replace(read, next);
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
  const decision = await decide(desk, asked, view);
  if (decision.order.state === 'refused' && sent && isOnItsWay(sent.since, clock.now())) {
    throw new OrderPendingError(
      `The order ${asked.key} was sent, and the market does not show it. What became of it is known in a minute.`,
    );
  }
  const admission = await admit(desk, decision);
  if (!admission) return;
  const { order, read, rest } = admission;
  const book = await books.replace(read, letGo(rest, order));
  if (book) await carryOut(desk, { book, ledger }, order, orders);
}
