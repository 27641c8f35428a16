import { isDeepStrictEqual } from 'node:util';
import type { AccountDocument, TradeDocument } from '../../../functions/contracts/ledger.ts';
import { ACCOUNT } from '../../../functions/contracts/ledger.ts';
import type { Refusal } from '../../../functions/contracts/trade.ts';
import { marketKey } from '../../../functions/ledger/at-market.ts';
import type { Book } from '../../../functions/ledger/book.ts';
import type { Asked, Limits } from '../../../functions/ledger/limits.ts';
import { HOLD_MS, type BookOrder } from '../../../functions/ledger/order.ts';
import { Money } from '../../../functions/shared/money.ts';
import type { BrokerEngine } from '../../support/broker/engine.ts';
import type { Order } from '../../support/broker/types.ts';
import type { Change } from '../memory-store.ts';
import type { World } from '../world.ts';

/** What must hold of orders, books and trades. */
export const ORDER_RULES = {
  'one order': 'A key has at most one order at the broker, and at most one trade.',
  transition: 'An order in a book changes only as docs/orders.md says.',
  answers:
    'What a key was answered is true: a trade stands in the ledger, and what was refused is not filled.',
  limits: 'No limit is exceeded, whatever is filled and when.',
  halt: 'Nothing is let go once a halt was answered.',
  agreement: 'In the end the ledger, the books and the broker have the same shares, at the same prices.',
  progress: 'What was let go is found out about once the faults end.',
  'way out': 'What is held can be sold.',
} as const;

export class OrderViolation extends Error {
  override readonly name = 'Violation';
}

/** From which state an order goes to which; `-` is not in the book. */
const TRANSITIONS: Record<string, string[]> = {
  '-': ['decided', 'placed', 'refused'],
  decided: ['decided', 'placed', 'refused', '-'],
  refused: ['decided', 'placed', 'refused', '-'],
  placed: ['placed', 'settled', 'taken back', 'refused'],
  settled: ['settled', '-'],
  'taken back': ['decided', 'placed', 'refused', 'taken back', '-'],
};

/** Holds a course against the rules: at each change that a majority has, at each answer, and at the end. */
export class Audit {
  violation: Error | undefined;
  readonly #world: World;
  readonly #limits: Limits;
  readonly #engine: BrokerEngine;
  readonly #account: string;
  readonly #books = new Map<string, Book>();
  readonly #trades = new Map<string, TradeDocument>();
  readonly #refused = new Map<string, Refusal>();
  #haltedAt: number | undefined;

  constructor(world: World, limits: Limits, engine: BrokerEngine, account: string) {
    this.#world = world;
    this.#limits = limits;
    this.#engine = engine;
    this.#account = account;
  }

  get openOrders(): number {
    return [...this.#books.values()].flatMap(({ orders }) => orders).filter(({ state }) => state === 'placed')
      .length;
  }

  committed({ collection, id, before, after }: Change<unknown>): void {
    this.#judge(() => {
      if (collection === 'trades') return this.#tradeCommitted(id, before, after);
      if (id === ACCOUNT) return this.#accountCommitted(after as unknown as AccountDocument);
      const book = after as unknown as Book;
      this.#bookCommitted(before as unknown as Book | undefined, book);
      this.#books.set(id, book);
    });
  }

  halted(): void {
    this.#haltedAt = this.#world.now;
  }

  unhalted(): void {
    this.#haltedAt = undefined;
  }

  answered({ key, qty, type }: Asked, answer: TradeDocument | Refusal): void {
    this.#judge(() => {
      if ('refused' in answer) {
        this.#refused.set(key, answer);
        return;
      }
      const trade = this.#trades.get(key);
      this.#demand(
        trade !== undefined &&
          String(trade.qty) === String(answer.qty) &&
          String(trade.price) === String(answer.price),
        'answers',
        `${key} was answered with a trade that the ledger does not have`,
      );
      if (new Money(qty).gt(String(answer.qty)) && type === 'sell') this.#world.count('reduced');
    });
  }

  /** Nothing is under way any more. */
  finally(): void {
    this.#judge(() => {
      this.#engine.settle();
      this.#demand(this.openOrders === 0, 'progress', `${this.openOrders} orders are open for ever`);
      const ofKey = new Map<string, Order[]>();
      for (const order of this.#engine.orders(this.#account)) {
        const key = keyOf(order, this.#engine.orders(this.#account));
        ofKey.set(key, [...(ofKey.get(key) ?? []), order]);
      }
      for (const [key, orders] of ofKey) this.#agrees(key, orders);
      for (const key of this.#trades.keys()) {
        this.#demand(ofKey.has(marketKey('ledger', key)), 'agreement', `the trade ${key} has no order`);
      }
      for (const [symbol, { position }] of this.#books) {
        const held = this.#held(symbol);
        this.#demand(
          held.eq(String(position.qty)),
          'agreement',
          `the book of ${symbol} has ${String(position.qty)}, and the broker ${held.toFixed()}`,
        );
      }
    });
  }

  #agrees(marketKeyOf: string, orders: Order[]): void {
    const filled = orders.reduce((sum, order) => sum.plus(order.filledQty), new Money(0));
    const value = orders.reduce((sum, order) => sum.plus(order.filledValue), new Money(0));
    const [first] = orders as [Order];
    const key = first.clientOrderId.slice('ledger-'.length);
    const trade = this.#trades.get(key);
    this.#demand(
      !filled.isZero() === (trade !== undefined),
      'agreement',
      `${key} is filled ${filled.toFixed()} at the broker, and has ${trade ? 'a' : 'no'} trade (${marketKeyOf})`,
    );
    if (!trade) return;
    this.#demand(
      !this.#refused.has(key) || this.#refused.get(key)!.limit === 'halted',
      'answers',
      `${key} was answered as refused, and is filled`,
    );
    this.#demand(
      filled.eq(String(trade.qty)),
      'agreement',
      `${key} is filled ${filled.toFixed()}, and its trade has ${String(trade.qty)}`,
    );
    const off = value.minus(new Money(String(trade.price)).times(filled)).abs();
    this.#demand(
      off.lt('0.000001'),
      'agreement',
      `${key} was worth ${value.toFixed()}, and its trade has a price of ${String(trade.price)}`,
    );
  }

  #bookCommitted(before: Book | undefined, after: Book): void {
    this.#demand(
      after.version === (before?.version ?? -1) + 1,
      'transition',
      `the book of ${after._id} has the version ${after.version} after ${before?.version}`,
    );
    const keys = new Set([...(before?.orders ?? []), ...after.orders].map(({ key }) => key));
    for (const key of keys) {
      const [from, to] = [find(before, key), find(after, key)];
      if (JSON.stringify(from) === JSON.stringify(to)) continue;
      const states = [from?.state ?? '-', to?.state ?? '-'] as const;
      this.#demand(
        TRANSITIONS[states[0]]!.includes(states[1]),
        'transition',
        `the order ${key} went from ${states.join(' to ')}`,
      );
      if (states[0] === 'settled' && states[1] === '-') {
        this.#demand(
          this.#trades.has(key),
          'transition',
          `the order ${key} is forgotten before its trade is on record`,
        );
      }
      this.#noted(after._id, from, to);
    }
  }

  #noted(symbol: string, from: BookOrder | undefined, to: BookOrder | undefined): void {
    if (!to) return;
    const { key, state } = to;
    this.#world.log('book of', symbol, key, from?.state ?? '-', state);
    if (state === 'settled') this.#world.count('settled');
    if (state === 'taken back') this.#world.count('taken back');
    if (state !== 'placed') return;
    if (to.partly) this.#world.count('filled in part');
    const isLetGo = from?.state !== 'placed' || to.since > from.since;
    if (!isLetGo) return;
    this.#world.count(from?.state === 'placed' || from?.state === 'taken back' ? 'let go again' : 'let go');
    this.#demand(
      this.#haltedAt === undefined || to.since.getTime() <= this.#haltedAt,
      'halt',
      `${key} was let go after a halt`,
    );
    this.#demand(
      to.hold.until.getTime() - to.since.getTime() <= HOLD_MS,
      'transition',
      `${key} is held for too long`,
    );
  }

  #tradeCommitted(key: string, before: unknown, after: unknown): void {
    const isNew = before === undefined;
    this.#demand(isNew || isDeepStrictEqual(before, after), 'one order', `the trade ${key} was changed`);
    this.#trades.set(key, after as TradeDocument);
    this.#withinLimits((after as TradeDocument).symbol);
  }

  #accountCommitted({ venue }: AccountDocument): void {
    this.#demand(
      venue === undefined || venue === 'alpaca-paper PA1',
      'agreement',
      `the ledger is of ${venue}`,
    );
  }

  /** At the broker itself, whatever the books say. */
  #withinLimits(symbol: string): void {
    this.#engine.settle();
    const { maxPosition, allowShortSelling } = this.#limits;
    const held = this.#held(symbol);
    if (maxPosition !== undefined) {
      this.#demand(
        held.abs().lte(maxPosition),
        'limits',
        `${held.toFixed()} ${symbol} are held, and ${maxPosition} may be`,
      );
    }
    this.#demand(
      allowShortSelling || !held.isNeg() || held.isZero(),
      'limits',
      `${held.toFixed()} ${symbol} are sold short`,
    );
  }

  #held(symbol: string): Money {
    return this.#engine.account(this.#account).positions.get(symbol)?.qty ?? new Money(0);
  }

  #demand(holds: boolean, rule: keyof typeof ORDER_RULES, message: string): asserts holds {
    if (!holds) throw new OrderViolation(`${rule}: ${message}`);
  }

  #judge(look: () => void): void {
    if (this.violation) return;
    try {
      look();
    } catch (error) {
      this.violation = error as Error;
      this.#world.log('violation', String(error));
    }
  }
}

const find = (book: Book | undefined, key: string) => book?.orders.find((order) => order.key === key);

/** The key of the first order in a chain of replacements. */
function keyOf(order: Order, all: readonly Order[]): string {
  let first = order;
  while (first.replaces !== undefined) first = all.find(({ id }) => id === first.replaces)!;
  return first.clientOrderId;
}
