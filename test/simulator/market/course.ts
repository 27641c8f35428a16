import type { TradeType } from '../../../functions/contracts/stock.ts';
import type { Limits } from '../../../functions/ledger/limits.ts';
import { HOLD_MS } from '../../../functions/ledger/order.ts';
import { simulatedPrice } from '../../../functions/market/simulated-price.ts';
import { Calendar } from '../../support/broker/calendar.ts';
import { dayOf, instantOf } from '../../support/broker/new-york.ts';
import { filledAtOnce } from '../../support/broker/plans.ts';
import { Faults, ORDER_FAULT_NAMES, type Fault } from '../faults.ts';
import { MemoryStore } from '../memory-store.ts';
import { Random } from '../random.ts';
import type { Course, Options } from '../schedule.ts';
import { World } from '../world.ts';
import { Audit } from './audit.ts';
import { tradeByHand } from './by-hand.ts';
import { commandsOf } from './desks.ts';
import { type InDoubt, type OrderKit } from './kit.ts';
import { drawnBroker, drawnLimits } from './drawn.ts';
import { Runs, wanted, type Wanted } from './runs.ts';
import { SEASONS } from './seasons.ts';

const SYMBOLS = ['AMZN', 'MSFT'] as const;
const DAY_MS = 86_400_000;
const LAST_ROUNDS = 40;
/** Few kinds of fault that occur often make rare combinations, and so do all of them at once. */
const ODDS = { shares: [0, 0.15, 0.3, 0.3, 0.5, 0.5, 1], intensities: [1, 2, 5] };
/** What a deployment changes for a while: all purchases are refused. */
const TIGHT = { maxOrderQuantity: '0.01' };
/** Dollars; the broker takes no fractional order below it. */
const LEAST_VALUE = 2;

type Happening =
  | ('order' | 'tick' | 'again' | 'check' | 'reconcile')
  | ('halt' | 'unhalt' | 'failover' | 'tighten' | 'bind');

export const MOST_ORDERS = 10;

/** One drawn course of orders, fills, faults, halts and days, in virtual time: it follows from the seed alone. */
export class OrderCourse {
  readonly #world: World;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #calendar: Calendar;
  readonly #symbols: readonly string[];
  readonly #limits: Limits;
  readonly #kit: OrderKit;
  readonly #runs: Runs;
  readonly #audit: Audit;
  readonly #happenings: number;
  readonly #wanted: Wanted[] = [];
  #unhalts = 0;
  /** Those that are under way, or died. */
  #unhalting = 0;

  constructor(
    seed: string,
    { omitted = new Set(), happenings = Infinity, isRecorded = false }: Options = {},
  ) {
    const random = (this.#random = new Random(`${seed} orders`));
    const { begin, sessions } = random.pick(SEASONS);
    const world = (this.#world = new World(isRecorded, { begin }));
    this.#calendar = new Calendar(sessions);
    this.#symbols = random.chance(0.5) ? SYMBOLS.slice(0, 1) : SYMBOLS;
    const faulty = new Random(`${seed} faults`);
    const onFault = (fault: Fault) => world.count(fault);
    this.#faults = new Faults(faulty, omitted, onFault, ORDER_FAULT_NAMES, ODDS);
    const engine = drawnBroker(seed, world, SYMBOLS, sessions);
    const limits = (this.#limits = drawnLimits(random));
    const audit = (this.#audit = new Audit(world, limits, engine));
    this.#kit = {
      ...{ engine, limits, isBound: false, inDoubt: (order) => this.#inDoubt(order) },
      store: new MemoryStore((change) => audit.committed(change)),
    };
    this.#runs = new Runs(world, this.#kit, this.#faults, seed, (order, answer) =>
      audit.answered(order, answer),
    );
    this.#happenings = Math.min(happenings, random.pick([2, 4, 6, MOST_ORDERS]));
    world.log('limits', JSON.stringify(limits));
  }

  async play(): Promise<Course> {
    const world = this.#world;
    for (let happening = 0; happening < this.#happenings && !this.#isOver; happening++) {
      await this.#pass(this.#gap());
      this.#happen();
    }
    if (!this.#isOver) await this.#calm();
    if (!this.#isOver) this.#audit.finally();
    if (!this.#isOver) await this.#leave();
    if (!this.#isOver && this.#random.chance(0.3)) await this.#byHand();
    const { events, counts, lines } = world;
    return { events, digest: world.digest(), counts, violation: this.#audit.violation, lines };
  }

  get #isOver(): boolean {
    return this.#audit.violation !== undefined;
  }

  async #pass(ms: number): Promise<void> {
    const world = this.#world;
    const before = world.now;
    await world.until(before + ms);
    if (dayOf(before) === dayOf(world.now)) return;
    world.count('another day');
    if (this.#audit.openOrders > 0) world.count('open over night');
    if (noon(before) !== noon(world.now)) world.count('clocks changed');
  }

  #gap(): number {
    const random = this.#random;
    const { now } = this.#world;
    const { opensAt, closesAt } = this.#calendar.next(now);
    if (opensAt > now && random.chance(0.8)) return opensAt - now + random.whole(0, 60_000);
    switch (random.weighted({ at: 4, soon: 4, later: 1, close: 0.5, day: 0.4 })) {
      case 'at':
        return random.whole(0, 300);
      case 'soon':
        return random.whole(300, 90_000);
      case 'later':
        return random.whole(90_000, 7_200_000);
      case 'close':
        return Math.max(0, closesAt - now - random.whole(0, 20_000));
      case 'day':
        return DAY_MS;
    }
  }

  #happen(): void {
    const random = this.#random;
    const isHalted = this.#audit.isHalted;
    const kind = random.weighted({
      ...{ order: 6, again: 2, check: 1, halt: 0.7, unhalt: isHalted ? 4 : 0.3 },
      ...{ failover: 0.5, tighten: 0.4, bind: 0.4, reconcile: 1, tick: 1.5 },
    });
    this.#does(kind);
  }

  #does(kind: Happening): void {
    const random = this.#random;
    this.#world.log('happens:', kind);
    switch (kind) {
      case 'order':
        return this.#order();
      case 'again':
        return this.#again();
      case 'check':
        return this.#runs.check(random.pick(this.#symbols));
      case 'reconcile':
        return this.#runs.reconcile();
      case 'tick':
        for (const symbol of this.#symbols) this.#order(symbol);
        return;
      case 'halt':
        return this.#halt();
      case 'unhalt':
        return this.#unhalt();
      case 'failover':
        if (this.#faults.strikes('store fails over', random, 1)) this.#kit.store.failOver();
        return;
      case 'tighten':
        return this.#forAWhile('limits tightened', (is) => {
          this.#kit.limits = is ? { ...this.#limits, ...TIGHT } : this.#limits;
        });
      case 'bind':
        return this.#forAWhile('account bound', (is) => (this.#kit.isBound = is));
    }
  }

  /**
   * While what became of a request is not known, what happens elsewhere matters most: what refuses the next attempt with its
   * key, and other orders of the symbol, before and after its attempt has lost hold of it.
   */
  #inDoubt({ symbol, side }: InDoubt): void {
    const [world, random] = [this.#world, this.#random];
    const afterMs = random.chance(0.5) ? random.whole(0, HOLD_MS) : random.whole(HOLD_MS, 30_000);
    const kind = random.pick(['halt', 'tighten', 'bind', 'check', 'order', 'order', 'order'] as const);
    world.after(afterMs, () => {
      if (this.#faults.isOver) return;
      if (kind === 'order') this.#order(symbol, random.chance(0.6) ? side : undefined);
      else this.#does(kind);
    });
  }

  #order(
    symbol = this.#random.pick(this.#symbols),
    type: TradeType = this.#random.chance(0.6) ? 'buy' : 'sell',
  ): void {
    const random = this.#random;
    const bought = this.#wanted.filter((other) => other.type === 'buy' && other.symbol === symbol);
    const qty =
      type === 'sell' && bought.length > 0 && random.chance(0.5) ? random.pick(bought).qty : this.#quantity();
    const order = this.#want(type, symbol, qty);
    const isRetried = !this.#faults.strikes('run cancelled', random, 0.3);
    if (!isRetried) order.state = 'given up';
    this.#runs.attempt(order, isRetried);
    if (this.#faults.strikes('order delivered twice', random, 0.3)) {
      this.#world.after(random.whole(0, 5_000), () => this.#runs.attempt(order, false));
    }
  }

  #quantity(): string {
    const random = this.#random;
    return random.chance(0.8) ? String(random.whole(1, 9)) : `${random.whole(0, 8)}.${random.whole(1, 9)}`;
  }

  #want(type: TradeType, symbol: string, qty: string): Wanted {
    const order = wanted(`o${this.#wanted.length}`, type, symbol, qty, this.#world.now);
    this.#wanted.push(order);
    this.#world.count('order');
    this.#world.log('wants', order.key, type, qty, symbol);
    return order;
  }

  #again(): void {
    const known = this.#wanted.filter(
      ({ refusedAt = this.#world.now }) => this.#world.now - refusedAt < 30_000,
    );
    if (known.length === 0) return;
    this.#world.count('order again');
    this.#runs.attempt(this.#random.pick(known), false);
  }

  /** A halt and its end that two persons ask for at the same moment leave either of them. */
  #halt(): void {
    const before = this.#unhalts;
    this.#runs.work(async (process) => {
      await commandsOf(process, this.#kit).halt('a person wants it so');
      this.#world.count('halt');
      if (before === this.#unhalts && this.#unhalting === 0) this.#audit.halted();
    });
  }

  #unhalt(): void {
    this.#audit.unhalted();
    this.#unhalts++;
    this.#unhalting++;
    this.#runs.work(async (process) => {
      await commandsOf(process, this.#kit).unhalt();
      this.#unhalting--;
      this.#world.count('unhalt');
    });
  }

  #forAWhile(fault: Fault, change: (is: boolean) => void): void {
    if (!this.#faults.strikes(fault, this.#random, 1)) return;
    change(true);
    this.#world.after(this.#random.whole(5_000, 60_000), () => change(false));
  }

  /** No more faults: what is open is found out about, by orders and checks of the same symbols. */
  async #calm(): Promise<void> {
    const world = this.#world;
    this.#faults.isOver = true;
    this.#kit.limits = this.#limits;
    this.#kit.isBound = false;
    world.log('calm');
    for (let round = 0; round < LAST_ROUNDS && !this.#isOver; round++) {
      // An order that the broker does not cancel is open until the session closes.
      await this.#pass(round < 5 ? 120_000 : 900_000);
      await this.#ended();
      const isOpen = this.#wanted.some(({ state }) => state === 'open') || this.#audit.openOrders > 0;
      if (!isOpen && round > 0) break;
      for (const symbol of this.#symbols) this.#runs.check(symbol);
    }
  }

  /** All that is held is sold, by orders of more where no more may be sold; and what is owed is bought back. */
  async #leave(): Promise<void> {
    const { now } = this.#world;
    this.#unhalt();
    this.#kit.engine.courses = filledAtOnce;
    await this.#pass(Math.max(120_000, this.#calendar.next(now + 120_000).opensAt - now));
    for (const symbol of this.#symbols) {
      const held = this.#audit.held(symbol);
      if (held.abs().times(simulatedPrice(symbol, this.#world.now)).lt(LEAST_VALUE)) continue;
      const more = this.#limits.allowShortSelling ? 0 : this.#random.whole(0, 3);
      const type = held.isNeg() ? 'buy' : 'sell';
      this.#runs.attempt(this.#want(type, symbol, held.abs().plus(more).toFixed()));
      this.#world.count('way out');
    }
    await this.#ended();
    if (!this.#isOver) this.#audit.left();
  }

  async #byHand(): Promise<void> {
    const symbol = this.#random.pick(this.#symbols);
    if (!this.#audit.knows(symbol)) return;
    const [audit, runs, { engine }] = [this.#audit, this.#runs, this.#kit];
    const order = this.#want('sell', symbol, '1');
    const time = { pass: (ms: number) => this.#pass(ms), ended: () => this.#ended() };
    await tradeByHand({ engine, audit, runs, symbol, order, ...time });
  }

  #ended(): Promise<void> {
    return this.#world.while(() => this.#runs.running > 0 && !this.#isOver);
  }
}

/** Noon of a day in New York, in milliseconds of the day in UTC. */
const noon = (at: number): number => instantOf(dayOf(at), '12:00') % DAY_MS;
