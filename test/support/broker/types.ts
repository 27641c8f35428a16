import type { Money } from '../../../functions/shared/money.ts';

/** Milliseconds since 1970. */
export type Instant = number;
export type Side = 'buy' | 'sell';

/** Every state of an order; https://docs.alpaca.markets/docs/orders-at-alpaca#order-lifecycle. */
export type OrderStatus =
  | 'accepted'
  | 'pending_new'
  | 'new'
  | 'held'
  | 'accepted_for_bidding'
  | 'stopped'
  | 'suspended'
  | 'partially_filled'
  | 'pending_cancel'
  | 'pending_replace'
  | 'calculated'
  | 'done_for_day'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'replaced'
  | 'rejected';

/** A day on which the market is open; times are New York's, `HH:MM`. */
export interface Session {
  /** YYYY-MM-DD */
  date: string;
  open: string;
  close: string;
}

export interface Asset {
  symbol: string;
  fractionable?: boolean;
  shortable?: boolean;
  tradable?: boolean;
  /** From when on the stock does not trade: the latest trade and the bars end there. */
  haltedAt?: Instant;
}

/** An account as it begins; amounts are dollars as decimal strings. */
export interface AccountOptions {
  keyId: string;
  secretKey: string;
  accountNumber: string;
  cash: string;
  /** 1: buying power is the cash; 2: twice the equity that is not bound as margin. */
  multiplier?: '1' | '2';
  shortingEnabled?: boolean;
  tradingBlocked?: boolean;
  accountBlocked?: boolean;
  patternDayTrader?: boolean;
  daytradeCount?: number;
  /** `basic` may not ask for SIP data of the last 15 minutes; https://docs.alpaca.markets/docs/about-market-data-api. */
  dataPlan?: 'basic' | 'plus';
  /** What is held when the account begins. */
  positions?: { symbol: string; qty: string; price: string }[];
}

/** `oldRate` shares become `newRate`, from midnight (New York) of `exDate` on. A reverse split has the larger `oldRate`. */
export interface Split {
  symbol: string;
  exDate: string;
  oldRate: string;
  newRate: string;
}

/** Dollars a share for who holds it at the beginning of `exDate`, paid at the beginning of `payableDate`. */
export interface Dividend {
  symbol: string;
  exDate: string;
  payableDate: string;
  rate: string;
}

/**
 * One thing that the market does to an order, so long after the order is live: after it was placed, or after the next
 * opening if the market was closed. `fill` without `qty` is the whole rest, without `price` the price of that instant.
 * `replace` is what a corporate action does: the order ends as `replaced`, and another one takes its place.
 */
export type Step = { afterMs: number } & (
  { fill: { qty?: string; price?: string } } | { to: OrderStatus } | { replace: { qty?: string } }
);

/** What becomes of one order. */
export interface Course {
  /** How long it is `pending_new` once it is live; the times of the steps count from then. */
  routedAfterMs?: number;
  steps: Step[];
  /** How long a cancellation is pending (0: not at all), and whether the market refuses it in the end. */
  cancel?: { afterMs: number; refused?: boolean };
  /** In which state it ends if it is open when the session closes; `expired` if not said. */
  atClose?: 'expired' | 'canceled' | 'done_for_day';
}

/** What a course is decided by. */
export interface PlacedOrder {
  /** 1 for the first order of the broker. */
  number: number;
  accountNumber: string;
  clientOrderId: string;
  symbol: string;
  side: Side;
  qty: string | undefined;
  notional: string | undefined;
  /** Of the symbol when the order is placed. */
  price: string;
  liveAt: Instant;
  closesAt: Instant;
}
export type CoursePlan = (order: PlacedOrder) => Course;

/** A request as it arrives. */
export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  keyId: string | undefined;
  secretKey: string | undefined;
  body: string;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON; nothing is sent if undefined. */
  body?: unknown;
}

/** What the front has to deliver: an answer, or a connection that breaks, so long after the request. */
export interface Delivery {
  reply: Reply | 'lost';
  delayMs: number;
}

/**
 * What goes wrong with one request. `effect` says if the broker does what was asked: at once, never, or later than its
 * client waits (in milliseconds). Where there is an effect, `answer` stands instead of the broker's own answer.
 */
export type Fault =
  | { effect: 'now'; answer?: Reply | 'lost'; delayMs?: number }
  | { effect: 'never'; answer: Reply | 'lost'; delayMs?: number }
  | { effect: { afterMs: number }; answer: Reply | 'lost'; delayMs?: number };

/** What a fault is decided by. */
export interface FaultContext {
  /** As in the route table, such as `DELETE /v2/orders/{id}`. */
  route: string;
  /** 1 for the first request of the route. */
  nth: number;
  /** 1 for the first request of all. */
  number: number;
  now: Instant;
  asked: Asked;
}
export type FaultPlan = (context: FaultContext) => Fault | undefined;

export interface LoggedRequest {
  at: Instant;
  route: string;
  path: string;
  query: string;
  body: string;
  accountNumber: string | undefined;
  /** Of the answer; `lost` where there was none. */
  status: number | 'lost';
  isFaulty: boolean;
}

export interface BrokerOptions {
  now: () => Instant;
  accounts: AccountOptions[];
  /** Ascending; all that the market's calendar has. */
  sessions: Session[];
  assets: Asset[];
  /** Dollars of one share as if there had never been a split; the broker divides by the splits up to that instant. */
  price: (symbol: string, at: Instant) => string;
  /** How orders go on; each is filled at once if not said. */
  courses?: CoursePlan;
  faults?: FaultPlan;
  splits?: Split[];
  dividends?: Dividend[];
  /** Different at each call; a counter as a UUID if not said. */
  ids?: () => string;
  /**
   * An order is refused for its key after all other reasons, instead of before them: the documents don't say which of
   * several reasons it names.
   */
  judgesKeyLast?: boolean;
  /** Of one account, at each of the two APIs; https://alpaca.markets/support/usage-limit-api-calls. */
  requestsPerMinute?: number;
}

/** An order as the broker keeps it. */
export interface Order {
  readonly number: number;
  readonly id: string;
  readonly clientOrderId: string;
  readonly account: Account;
  readonly symbol: string;
  readonly side: Side;
  readonly qty: Money | undefined;
  readonly notional: Money | undefined;
  status: OrderStatus;
  filledQty: Money;
  /** Dollars of all that is filled. */
  filledValue: Money;
  /** For the buying power that an open order binds. */
  readonly reservedPrice: Money;
  readonly createdAt: Instant;
  updatedAt: Instant;
  readonly liveAt: Instant;
  readonly closesAt: Instant;
  endedAt: Instant | undefined;
  /** What still happens, with the instant of each. */
  steps: { at: Instant; step: Step }[];
  readonly course: Course;
  /** While it is `pending_cancel`: when that ends, and the state before. */
  canceling: { at: Instant; from: OrderStatus } | undefined;
  readonly replaces: string | undefined;
  replacedBy: string | undefined;
}

export interface Position {
  symbol: string;
  /** Below zero where shares are owed. */
  qty: Money;
  /** Dollars that the shares cost, with the sign of `qty`. */
  cost: Money;
}

/** https://docs.alpaca.markets/docs/account-activities */
export interface Activity {
  id: string;
  at: Instant;
  type: 'FILL' | 'DIV' | 'SPLIT';
  fields: Record<string, string>;
}

/** An account as the broker keeps it. */
export interface Account {
  readonly options: AccountOptions;
  cash: Money;
  /** When the last session closed. */
  lastEquity: Money;
  readonly positions: Map<string, Position>;
  readonly orders: Order[];
  readonly activities: Activity[];
}
