import type { TradeDocument } from '../../../functions/contracts/ledger.ts';
import type { TradeType } from '../../../functions/contracts/stock.ts';
import type { Refusal } from '../../../functions/contracts/trade.ts';
import { readLimits, type Asked } from '../../../functions/ledger/limits.ts';
import { trade, wouldRefuse } from '../../../functions/ledger/trade.ts';
import { simulatedPrice } from '../../../functions/market/simulated-price.ts';
import { weekdays } from '../../support/broker/calendar.ts';
import { BrokerEngine } from '../../support/broker/engine.ts';
import { drawnCourses } from '../../support/broker/plans.ts';
import { Faults, ORDER_FAULT_NAMES, type Fault } from '../faults.ts';
import { MemoryStore } from '../memory-store.ts';
import { Orchestrator } from '../orchestrator.ts';
import { Random } from '../random.ts';
import type { Course, Options } from '../schedule.ts';
import { World } from '../world.ts';
import { Audit } from './audit.ts';
import { ACCOUNT, commandsOf, deskOf, type OrderKit } from './desks.ts';

const SYMBOLS = ['AMZN', 'MSFT'] as const;
/** The days around the first instant of a schedule, with a holiday and an early close. */
const SESSIONS = weekdays('2030-01-02', '2030-02-01', {
  holidays: ['2030-01-09'],
  earlyCloses: ['2030-01-08'],
});
/** What a function has, and how much later an order is tried again, as the workflow does it. */
const FUNCTION_MS = 10_000;
const ATTEMPTS = 12;
const LONGEST_BACKOFF_MS = 900_000;
/** The errors that the workflow tries again; orchestrator/actions/invoke-errors.ts has them. */
const PASSING = /^(Mongo|(BrokerUnavailable|OrderPending)Error$)/;
const LAST_ROUNDS = 40;

export const MOST_ORDERS = 10;

interface Wanted extends Asked {
  state: 'open' | 'answered' | 'given up';
  /** When its refusal was answered: the ledger knows a refusal for a minute. */
  refusedAt?: number;
  attempts: number;
}

/** One drawn course of orders, fills, faults, halts and days, in virtual time: it follows from the seed alone. */
export class OrderCourse {
  readonly #world: World;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #kit: OrderKit;
  readonly #audit: Audit;
  readonly #happenings: number;
  readonly #wanted: Wanted[] = [];
  readonly #seed: string;
  #processes = 0;
  #unhalts = 0;
  /** Those that are under way, or died. */
  #unhalting = 0;
  #running = 0;

  constructor(
    seed: string,
    { omitted = new Set(), happenings = Infinity, isRecorded = false }: Options = {},
  ) {
    const world = (this.#world = new World(isRecorded));
    const random = (this.#random = new Random(`${seed} orders`));
    this.#seed = seed;
    const faulty = new Random(`${seed} faults`);
    this.#faults = new Faults(faulty, omitted, (fault: Fault) => world.count(fault), ORDER_FAULT_NAMES);
    const fills = new Random(`${seed} fills`);
    const engine = new BrokerEngine({
      ...{ now: () => world.now, accounts: [ACCOUNT], sessions: SESSIONS, requestsPerMinute: 10_000 },
      assets: SYMBOLS.map((symbol) => ({ symbol })),
      price: simulatedPrice,
      courses: drawnCourses(() => fills.next()),
      judgesKeyLast: fills.chance(0.5),
    });
    const maxPosition = String(random.whole(5, 20));
    const limits = readLimits(
      JSON.stringify({
        ...(random.chance(0.7) && { maxPosition }),
        ...(random.chance(0.4) && { maxDailyQuantity: String(random.whole(10, 40)) }),
        allowShortSelling: random.chance(0.2),
        timeZone: 'America/New_York',
      }),
    );
    this.#audit = new Audit(world, limits, engine, ACCOUNT.accountNumber);
    const audit = this.#audit;
    this.#kit = { engine, limits, store: new MemoryStore((change) => audit.committed(change)) };
    this.#happenings = Math.min(happenings, random.pick([2, 4, 6, MOST_ORDERS]));
    world.log('limits', JSON.stringify(limits));
  }

  async play(): Promise<Course> {
    const world = this.#world;
    for (let happening = 0; happening < this.#happenings && !this.#isOver; happening++) {
      await world.until(world.now + this.#gap());
      this.#happen();
    }
    if (!this.#isOver) await this.#calm();
    if (!this.#isOver) this.#audit.finally();
    const { events, counts, lines } = world;
    return { events, digest: world.digest(), counts, violation: this.#audit.violation, lines };
  }

  get #isOver(): boolean {
    return this.#audit.violation !== undefined;
  }

  #gap(): number {
    const random = this.#random;
    switch (random.weighted({ at: 4, soon: 4, later: 2, day: 0.4 })) {
      case 'at':
        return random.whole(0, 300);
      case 'soon':
        return random.whole(300, 90_000);
      case 'later':
        return random.whole(90_000, 7_200_000);
      case 'day':
        this.#world.count('another day');
        return 86_400_000;
    }
  }

  #happen(): void {
    const random = this.#random;
    const kind = random.weighted({ order: 6, again: 2, check: 1, halt: 0.7, unhalt: 0.7, failover: 0.5 });
    this.#world.log('happens:', kind);
    switch (kind) {
      case 'order':
        return this.#order();
      case 'again':
        return this.#again();
      case 'check':
        return this.#check(random.pick(SYMBOLS));
      case 'halt':
        return this.#halt();
      case 'unhalt':
        return this.#unhalt();
      case 'failover':
        if (this.#faults.strikes('store fails over', random, 1)) this.#kit.store.failOver();
    }
  }

  #order(type: TradeType = this.#random.chance(0.6) ? 'buy' : 'sell'): void {
    const random = this.#random;
    const key = `o${this.#wanted.length}`;
    const qty = random.chance(0.8)
      ? String(random.whole(1, 9))
      : `${random.whole(0, 8)}.${random.whole(1, 9)}`;
    const symbol = random.pick(SYMBOLS);
    const price = simulatedPrice(symbol, this.#world.now);
    const wanted: Wanted = { key, type, symbol, qty, price, pricedAt: undefined, state: 'open', attempts: 0 };
    this.#wanted.push(wanted);
    this.#world.count('order');
    this.#world.log('wants', key, type, qty, symbol);
    this.#attempt(wanted);
    if (this.#faults.strikes('order delivered twice', random, 0.3)) {
      this.#world.after(random.whole(0, 5_000), () => this.#attempt(wanted, false));
    }
  }

  #again(): void {
    const known = this.#wanted.filter(
      ({ refusedAt = this.#world.now }) => this.#world.now - refusedAt < 30_000,
    );
    if (known.length === 0) return;
    this.#world.count('order again');
    this.#attempt(this.#random.pick(known), false);
  }

  /** @param isRetried whether the workflow tries again what may pass */
  #attempt(wanted: Wanted, isRetried = true): void {
    const process = this.#process();
    if (isRetried) wanted.attempts++;
    const retry = () => {
      if (!isRetried || wanted.state !== 'open') return;
      if (wanted.attempts >= ATTEMPTS) {
        wanted.state = 'given up';
        this.#world.count('gave up');
        return;
      }
      const backoff = this.#random.whole(100, Math.min(LONGEST_BACKOFF_MS, 200 * 2 ** wanted.attempts));
      this.#world.after(backoff, () => this.#attempt(wanted));
    };
    this.#start(
      process,
      retry,
      async () => {
        const answer = await trade(deskOf(process, this.#kit), wanted);
        this.#answered(wanted, answer);
      },
      (error) => {
        this.#world.log(process.name, 'fails:', error.name);
        if (error.name === 'OrderPendingError') this.#world.count('pending');
        if (PASSING.test(error.name)) return retry();
        if (isRetried && wanted.state === 'open') wanted.state = 'given up';
      },
    );
  }

  #answered(wanted: Wanted, answer: TradeDocument | Refusal): void {
    const isTrade = '_id' in answer;
    this.#world.count(isTrade ? 'traded' : 'refused');
    this.#world.log('answered', wanted.key, isTrade ? `traded ${String(answer.qty)}` : answer.limit);
    this.#audit.answered(wanted, answer);
    wanted.state = 'answered';
    if (!isTrade) wanted.refusedAt = this.#world.now;
  }

  #check(symbol: string): void {
    const asked: Asked = {
      ...{ key: `check ${this.#processes}`, type: 'sell', symbol, qty: '1' },
      ...{ price: simulatedPrice(symbol, this.#world.now), pricedAt: undefined },
    };
    this.#world.count('check');
    const process = this.#process();
    this.#start(
      process,
      () => undefined,
      async () => {
        const refusal = await wouldRefuse(deskOf(process, this.#kit), asked);
        this.#world.log(process.name, 'would refuse:', refusal?.limit ?? '-');
      },
    );
  }

  /** A halt and its end that two persons ask for at the same moment leave either of them. */
  #halt(): void {
    const process = this.#process();
    const before = this.#unhalts;
    const work = async () => {
      await commandsOf(process, this.#kit).halt('a person wants it so');
      this.#world.count('halt');
      if (before === this.#unhalts && this.#unhalting === 0) this.#audit.halted();
    };
    this.#start(process, () => undefined, work);
  }

  #unhalt(): void {
    this.#audit.unhalted();
    this.#unhalts++;
    this.#unhalting++;
    const process = this.#process();
    const work = async () => {
      await commandsOf(process, this.#kit).unhalt();
      this.#unhalting--;
      this.#world.count('unhalt');
    };
    this.#start(process, () => undefined, work);
  }

  #process(): Orchestrator {
    const name = `p${this.#processes++}`;
    const random = new Random(`${this.#seed} ${name}`);
    const limits = { limitMs: FUNCTION_MS, stepMs: FUNCTION_MS, skewMs: 0 };
    return new Orchestrator(name, this.#world, random, this.#faults, undefined, limits);
  }

  /** Lets a process work until it ends, crashes, or its time is up. */
  #start(
    process: Orchestrator,
    onCrash: () => void,
    work: () => Promise<void>,
    onError: (error: Error) => void = () => undefined,
  ): void {
    this.#running++;
    let isOver = false;
    const end = () => {
      if (isOver) return false;
      isOver = true;
      this.#running--;
      return true;
    };
    work()
      .finally(() => (process.isAlive = false))
      .then(end, (error: Error) => end() && onError(error));
    this.#world.after(FUNCTION_MS + 100_000, () => process.crash('long over'));
    // The workflow gives up on it, and it may go on all the same.
    this.#world.after(FUNCTION_MS, () => void (end() && onCrash()));
  }

  /** No more faults: what is open is found out about, by orders and checks of the same symbols. */
  async #calm(): Promise<void> {
    const world = this.#world;
    this.#faults.isOver = true;
    world.log('calm');
    for (let round = 0; round < LAST_ROUNDS && !this.#isOver; round++) {
      // An order that the broker does not cancel is open until the session closes.
      await world.until(world.now + (round < 5 ? 120_000 : 900_000));
      await world.while(() => this.#running > 0 && !this.#isOver);
      const isOpen = this.#wanted.some(({ state }) => state === 'open') || this.#audit.openOrders > 0;
      if (!isOpen && round > 0) break;
      for (const symbol of SYMBOLS) this.#check(symbol);
    }
  }
}
