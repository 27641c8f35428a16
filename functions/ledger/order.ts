import type { Decimal128 } from 'mongodb';
import type { TradeType } from '../contracts/stock.ts';
import type { Refusal } from '../contracts/trade.ts';

/**
 * An order in the book of its symbol. docs/orders.md has the table of its states.
 *
 * It counts from the moment in which it is decided or let go, and until what became of it is known.
 */
export type BookOrder = Decided | Placed | Settled | Refused | TakenBack;

interface Common {
  /** The idempotency key. */
  key: string;
  type: TradeType;
  /** Shares that are ordered: fewer than were asked for where fewer are there to be sold. */
  qty: Decimal128;
  /** What was asked for; dollars a share. */
  asked: { qty: Decimal128; price: Decimal128 };
  /** The day on which it was decided or let go, in the time zone of the limits. */
  day: string;
  /** Since when it is in its state. */
  since: Date;
}

/** Its book allows it, and the limits of the account are asked with it in view. It is not let go yet. */
export interface Decided extends Common {
  state: 'decided';
  hold: Hold;
}

/** Let go: from here on the market may have it, and no error is final. */
export interface Placed extends Common {
  state: 'placed';
  /** Which attempt works on it, and until when no other does. */
  hold: Hold;
  /** When it was let go before, if that request may still reach the market. */
  unresolved?: Date;
  /** What was filled at the last look. */
  partly?: StoredFill;
}

/** Nothing more will be filled; the position has it. It stays in the book until its trade is on record. */
export interface Settled extends Common {
  state: 'settled';
  fill: StoredFill;
}

/** A limit spoke against it: it was never let go. */
export interface Refused extends Common {
  state: 'refused';
  refusal: Refusal;
}

/** It was let go, and nothing was filled: the market refused it, it was canceled, or the market never got it. */
export interface TakenBack extends Common {
  state: 'taken back';
  /** What its key is answered with; without it, the key may be let go again. */
  refusal?: Refusal;
}

export interface Hold {
  by: string;
  until: Date;
}

export interface StoredFill {
  qty: Decimal128;
  /** Average; dollars a share. */
  price: Decimal128;
  at: Date;
}

/** How long an order is held; who works on it renews that. Longer than a request to a broker may take. */
export const HOLD_MS = 5_000;

/** How long a request that was sent may still be on its way to the market. */
export const ON_ITS_WAY_MS = 60_000;

/** How long a refusal answers its key: a delivery that comes twice gets one answer. */
const REFUSED_MS = 60_000;
/** How long an order that was taken back is known: it is looked for at the market, should it have come there after all. */
const TAKEN_BACK_MS = 24 * 60 * 60_000;

export function isHeld(order: BookOrder, now: Date): boolean {
  return isUnderWay(order) && order.hold.until > now;
}

/** Whether it may still become a trade. */
export const isUnderWay = (order: BookOrder): order is Decided | Placed =>
  order.state === 'decided' || order.state === 'placed';

/** Whether an order is as an attempt has written it: in its state, and held by it. */
export const isStillOf = (order: BookOrder | undefined, { state, hold }: Decided | Placed): boolean =>
  order !== undefined && isUnderWay(order) && order.state === state && order.hold.by === hold.by;

/** Let go, and no attempt works on it. */
export function isLeftOver(order: BookOrder, now: Date): order is Placed {
  return order.state === 'placed' && order.hold.until <= now;
}

/** Decided by an attempt that died: nothing was sent. */
export function isAbandoned(order: BookOrder, now: Date): boolean {
  return order.state === 'decided' && order.hold.until <= now;
}

/** Whether nothing of the order must be known any more, once its trade is on record. */
export function isForgotten(order: BookOrder, now: Date): boolean {
  const { state, since } = order;
  const age = now.getTime() - since.getTime();
  if (state === 'refused') return age > REFUSED_MS;
  return state === 'taken back' && age > TAKEN_BACK_MS;
}

/** Some of them, beginning with another one at each time, so that those that stay as they are keep no other one waiting. */
export function inTurn<T>(all: readonly T[], now: Date, most: number): T[] {
  if (all.length <= most) return [...all];
  const first = Math.floor(now.getTime() / TURN_MS) % all.length;
  return [...all.slice(first), ...all.slice(0, first)].slice(0, most);
}

const TURN_MS = 1_000;
