import { Money } from '../../../functions/shared/money.ts';
import { book, record } from './accounts.ts';
import { iso } from './calendar.ts';
import { hasEnded, isAtMarket, mayFollow } from './states.ts';
import type { Account, Instant, Order, OrderStatus, PlacedOrder, Side, Step } from './types.ts';
import type { World } from './world.ts';

/** What a new order is made of. */
export interface Placing {
  account: Account;
  clientOrderId: string;
  symbol: string;
  side: Side;
  qty: Money | undefined;
  notional: Money | undefined;
  replaces?: string;
}

/**
 * Takes an order. While the market is closed it is `accepted`, and goes to the market when that opens next
 * (https://docs.alpaca.markets/docs/orders-at-alpaca#orders-submitted-outside-of-eligible-trading-hours).
 */
export function place(world: World, { replaces, ...placing }: Placing): Order {
  const { opensAt, closesAt } = world.calendar.next(world.time);
  const liveAt = Math.max(world.time, opensAt);
  const price = world.market.lastTrade(placing.symbol, world.time).price;
  const number = ++world.orders;
  const course = world.courses(described(placing, { number, price: price.toFixed(), liveAt, closesAt }));
  const order: Order = {
    ...placing,
    ...{ number, id: world.id(), status: liveAt > world.time ? 'accepted' : 'pending_new', course, replaces },
    ...{ filledQty: new Money(0), filledValue: new Money(0), reservedPrice: price },
    ...{ createdAt: world.time, updatedAt: world.time, liveAt, closesAt, endedAt: undefined },
    steps: [{ afterMs: 0, to: 'new' } as const, ...course.steps].map((step) => {
      return { at: liveAt + (course.routedAfterMs ?? 0) + step.afterMs, step };
    }),
    ...{ canceling: undefined, replacedBy: undefined },
  };
  placing.account.orders.push(order);
  world.open.add(order);
  return order;
}

function described(
  { account, clientOrderId, symbol, side, qty, notional }: Placing,
  more: Pick<PlacedOrder, 'number' | 'price' | 'liveAt' | 'closesAt'>,
): PlacedOrder {
  const { accountNumber } = account.options;
  const sizes = { qty: qty?.toFixed(), notional: notional?.toFixed() };
  return { ...more, accountNumber, clientOrderId, symbol, side, ...sizes };
}

/** When something happens to an order next. */
export function nextOf({ steps, canceling, closesAt, status }: Order): Instant {
  // What is calculated has done its day; its end is a matter of settlement.
  const close = status === 'calculated' ? Infinity : closesAt;
  return Math.min(steps[0]?.at ?? Infinity, canceling?.at ?? Infinity, close);
}

/** Lets happen what is due next, at the instant `world.time`. */
export function advance(world: World, order: Order): void {
  const due = order.steps[0];
  if (world.time >= order.closesAt && order.status !== 'calculated') {
    become(world, order, order.course.atClose ?? 'expired');
  } else if (due && due.at <= world.time && due.at <= (order.canceling?.at ?? Infinity)) {
    order.steps.shift();
    take(world, order, due.step);
  } else if (order.canceling) {
    const { from } = order.canceling;
    order.canceling = undefined;
    become(world, order, order.course.cancel?.refused ? from : 'canceled');
  }
}

/** While a cancellation is pending, the order goes on behind it. */
const stateOf = ({ canceling, status }: Order): OrderStatus => canceling?.from ?? status;

function take(world: World, order: Order, step: Step): void {
  if ('fill' in step) {
    if (isAtMarket(stateOf(order)) && world.market.trades(order.symbol, world.time))
      fill(world, order, step.fill);
  } else if ('replace' in step) {
    replace(world, order, { qty: step.replace.qty });
  } else {
    goOn(world, order, step.to);
  }
}

function goOn(world: World, order: Order, status: OrderStatus): void {
  if (!order.canceling || hasEnded(status)) return become(world, order, status);
  assertFollows(order, order.canceling.from, status);
  order.canceling.from = status;
}

/** @throws if no order can go that way: then the test's course is wrong */
export function become(world: World, order: Order, status: OrderStatus): void {
  assertFollows(order, order.status, status);
  order.status = status;
  order.updatedAt = world.time;
  if (!hasEnded(status)) return;
  order.endedAt = world.time;
  order.steps = [];
  order.canceling = undefined;
  world.open.delete(order);
}

function assertFollows({ id }: Order, from: OrderStatus, to: OrderStatus): void {
  if (mayFollow(from, to)) return;
  throw new Error(`The order ${id} is ${from} and can't be ${to} next. Correct its course.`);
}

/** One trade of the order. Of an order in dollars, the last part is what the dollars left buy, in 9 decimals. */
function fill(world: World, order: Order, { qty, price: given }: { qty?: string; price?: string }): void {
  const price = given === undefined ? world.market.price(order.symbol, world.time) : new Money(given);
  const left = order.qty
    ? order.qty.minus(order.filledQty)
    : order.notional!.minus(order.filledValue).div(price).toDecimalPlaces(9, Money.ROUND_DOWN);
  const part = qty === undefined ? left : Money.min(qty, left);
  if (!part.greaterThan(0)) return;
  order.filledQty = order.filledQty.plus(part);
  order.filledValue = order.filledValue.plus(part.times(price));
  order.updatedAt = world.time;
  book(order.account, order.symbol, order.side, part, price);
  const isWhole = part.eq(left);
  if (isWhole) become(world, order, 'filled');
  else if (stateOf(order) !== 'partially_filled') goOn(world, order, 'partially_filled');
  record(world, order.account, 'FILL', {
    ...{ order_id: order.id, symbol: order.symbol, side: order.side, qty: part.toFixed() },
    ...{ price: price.toFixed(), cum_qty: order.filledQty.toFixed(), leaves_qty: left.minus(part).toFixed() },
    ...{ transaction_time: iso(world.time), type: isWhole ? 'fill' : 'partial_fill' },
    order_status: order.status,
  });
}

/**
 * Takes a cancellation. An order that is not at the market yet ends at once; at the market it is pending as long as
 * its course says, and may be filled meanwhile.
 */
export function cancel(world: World, order: Order): void {
  if (order.status === 'pending_cancel') return;
  const { afterMs = 0, refused = false } = order.course.cancel ?? {};
  if (!isAtMarket(order.status) || (afterMs === 0 && !refused)) return become(world, order, 'canceled');
  const from = order.status;
  become(world, order, 'pending_cancel');
  order.canceling = { at: world.time + afterMs, from };
}

/**
 * Another order takes the place of this one, for what is not filled, or for as many shares as are given; the documents
 * leave open what is said of shares that were filled before.
 */
export function replace(
  world: World,
  order: Order,
  { qty, clientOrderId }: { qty: string | undefined; clientOrderId?: string },
): Order {
  const left = order.qty?.minus(order.filledQty);
  become(world, order, 'replaced');
  const { account, symbol, side, id } = order;
  const successor = place(world, {
    ...{ account, symbol, side, replaces: id, clientOrderId: clientOrderId ?? world.id() },
    qty: qty === undefined ? left : new Money(qty),
    notional: left ? undefined : order.notional!.minus(order.filledValue),
  });
  order.replacedBy = successor.id;
  return successor;
}
