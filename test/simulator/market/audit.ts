import { isDeepStrictEqual } from 'node:util';
import type {
  AccountDocument,
  AdjustmentDocument,
  TradeDocument,
} from '../../../functions/contracts/ledger.ts';
import { ACCOUNT } from '../../../functions/contracts/ledger.ts';
import type { Refusal } from '../../../functions/contracts/trade.ts';
import type { Book } from '../../../functions/ledger/book.ts';
import type { Asked, Limits } from '../../../functions/ledger/limits.ts';
import { HOLD_MS, isUnderWay, type BookOrder } from '../../../functions/ledger/order.ts';
import { simulatedPrice } from '../../../functions/market/simulated-price.ts';
import { Money } from '../../../functions/shared/money.ts';
import type { BrokerEngine } from '../../support/broker/engine.ts';
import { dayOf } from '../../support/broker/new-york.ts';
import type { Account } from '../../support/broker/types.ts';
import type { Change } from '../memory-store.ts';
import type { World } from '../world.ts';
import { AccountAudit } from './account-audit.ts';
import { differences } from './agreement.ts';
import { ComparisonAudit } from './comparison-audit.ts';
import { ACCOUNT as AT_BROKER, LEDGER } from './kit.ts';
import { demand } from './rules.ts';

/** Dollars; the broker takes no fractional order of less than one, and prices change meanwhile. */
const DUST = 3;

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
  readonly #books = new Map<string, Book>();
  readonly #trades = new Map<string, TradeDocument>();
  readonly #refused = new Map<string, Refusal>();
  readonly #accountAudit: AccountAudit;
  readonly #comparison = new ComparisonAudit();
  #haltedAt: number | undefined;

  constructor(world: World, limits: Limits, engine: BrokerEngine) {
    this.#world = world;
    this.#limits = limits;
    this.#engine = engine;
    this.#accountAudit = new AccountAudit(limits);
  }

  get isHalted(): boolean {
    return this.#haltedAt !== undefined;
  }

  get openOrders(): number {
    return [...this.#books.values()].flatMap(({ orders }) => orders).filter(isUnderWay).length;
  }

  committed({ collection, id, before, after }: Change<unknown>): void {
    this.#judge(() => {
      if (collection === 'trades') return this.#tradeCommitted(id, before, after);
      if (collection === 'adjustments') {
        return this.#comparison.adjusted(after as unknown as AdjustmentDocument);
      }
      if (id === ACCOUNT) return this.#accountCommitted(after as unknown as AccountDocument);
      const book = after as unknown as Book;
      this.#bookCommitted(before as unknown as Book | undefined, book);
      this.#books.set(id, book);
    });
  }

  knows(symbol: string): boolean {
    return this.#books.has(symbol);
  }

  /** A person trades by hand at the broker. */
  meddled(symbol: string): void {
    this.#comparison.meddled.add(symbol);
  }

  differs(symbol: string, answer: string | undefined): void {
    this.#judge(() => this.#comparison.differs(this.#books.get(symbol), answer));
  }

  agrees(symbol: string): void {
    this.#judge(() => this.#comparison.agrees(this.#books.get(symbol)!, this.held(symbol)));
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
      demand(
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
      demand(this.openOrders === 0, 'progress', `${this.openOrders} orders are open for ever`);
      const [difference] = differences({ books: this.#books, trades: this.#trades }, this.#account);
      demand(difference === undefined, 'agreement', String(difference));
    });
  }

  /** All that was held is sold. */
  left(): void {
    this.finally();
    this.#judge(() => {
      for (const [symbol, { qty }] of this.#account.positions) {
        const isDust = qty.abs().times(simulatedPrice(symbol, this.#world.now)).lt(DUST);
        demand(isDust, 'way out', `${qty.toFixed()} ${symbol} are held, and could not be sold`);
      }
    });
  }

  /** What the broker has of a symbol. */
  held(symbol: string): Money {
    return this.#account.positions.get(symbol)?.qty ?? new Money(0);
  }

  #bookCommitted(before: Book | undefined, after: Book): void {
    demand(
      after.version === (before?.version ?? -1) + 1,
      'transition',
      `the book of ${after._id} has the version ${after.version} after ${before?.version}`,
    );
    if (after.difference && !before?.difference) {
      this.#world.count('difference');
      this.#comparison.recorded(after);
    }
    const keys = new Set([...(before?.orders ?? []), ...after.orders].map(({ key }) => key));
    for (const key of keys) {
      const [from, to] = [find(before, key), find(after, key)];
      if (JSON.stringify(from) === JSON.stringify(to)) continue;
      const states = [from?.state ?? '-', to?.state ?? '-'] as const;
      demand(
        TRANSITIONS[states[0]]!.includes(states[1]),
        'transition',
        `the order ${key} went from ${states.join(' to ')}`,
      );
      if (states[0] === 'settled' && states[1] === '-') {
        demand(
          this.#trades.has(key),
          'transition',
          `the order ${key} is forgotten before its trade is on record`,
        );
      }
      this.#noted(before, after, from, to);
    }
  }

  #noted(
    before: Book | undefined,
    after: Book,
    from: BookOrder | undefined,
    to: BookOrder | undefined,
  ): void {
    const symbol = after._id;
    if (from?.state === 'decided' && to?.state !== 'decided') {
      this.#world.count({ placed: 'room', refused: 'no room' }[to?.state as string] ?? 'crowded');
    }
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
    if (to.type === 'buy') this.#withinDay(symbol, to);
    if (from?.state !== 'placed') {
      const books = new Map(this.#books).set(symbol, after).values();
      const exceeded = this.#accountAudit.letGo(before, to, books);
      demand(exceeded === undefined, 'limits', exceeded ?? '');
    }
    demand(
      this.#haltedAt === undefined || to.since.getTime() <= this.#haltedAt,
      'halt',
      `${key} was let go after a halt`,
    );
    demand(
      to.hold.until.getTime() - to.since.getTime() <= HOLD_MS,
      'transition',
      `${key} is held for too long`,
    );
  }

  #tradeCommitted(key: string, before: unknown, after: unknown): void {
    const isNew = before === undefined;
    demand(isNew || isDeepStrictEqual(before, after), 'one order', `the trade ${key} was changed`);
    const refused = this.#refused.get(key);
    demand(!refused, 'answers', `${key} was refused (${refused?.limit}), and is traded`);
    this.#trades.set(key, after as TradeDocument);
    this.#withinLimits((after as TradeDocument).symbol);
  }

  #accountCommitted({ venue }: AccountDocument): void {
    demand(venue === undefined || venue === 'alpaca-paper PA1', 'agreement', `the ledger is of ${venue}`);
  }

  /** At the broker itself, whatever the books say. */
  #withinLimits(symbol: string): void {
    this.#engine.settle();
    const { maxPosition, allowShortSelling } = this.#limits;
    const held = this.held(symbol);
    if (maxPosition !== undefined) {
      demand(
        held.abs().lte(maxPosition),
        'limits',
        `${held.toFixed()} ${symbol} are held, and ${maxPosition} may be`,
      );
    }
    demand(
      allowShortSelling || !held.isNeg() || held.isZero(),
      'limits',
      `${held.toFixed()} ${symbol} are sold short`,
    );
  }

  /** What the broker has filled of the day's orders, with this one, is within the limit. */
  #withinDay(symbol: string, { key, qty }: BookOrder): void {
    const { maxDailyQuantity, allowShortSelling } = this.#limits;
    // Where shares may be owed, a purchase may be a way out, which has no such limit.
    if (maxDailyQuantity === undefined || allowShortSelling) return;
    const today = dayOf(this.#world.now);
    const filled = this.#account.orders
      .filter((order) => order.symbol === symbol && order.clientOrderId !== `${LEDGER}-${key}`)
      .filter(({ createdAt }) => dayOf(createdAt) === today)
      .map(({ filledQty }) => filledQty);
    const all = Money.sum(String(qty), ...filled);
    const message = `${all.toFixed()} ${symbol} a day, with ${key}, and ${maxDailyQuantity} may be`;
    demand(all.lte(maxDailyQuantity), 'limits', message);
  }

  get #account(): Account {
    return this.#engine.account(AT_BROKER.accountNumber);
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
