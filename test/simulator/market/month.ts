import type { TradeDocument } from '../../../functions/contracts/ledger.ts';
import type { Reconciliation } from '../../../functions/contracts/reconcile-ledger.ts';
import type { Book } from '../../../functions/ledger/book.ts';
import { ACCOUNT as ACCOUNT_DOCUMENT } from '../../../functions/contracts/ledger.ts';
import { readLimits } from '../../../functions/ledger/limits.ts';
import { Calendar, weekdays } from '../../support/broker/calendar.ts';
import { Faults, ORDER_FAULT_NAMES } from '../faults.ts';
import { MemoryStore } from '../memory-store.ts';
import { Random } from '../random.ts';
import { World } from '../world.ts';
import { differences, type Kept } from './agreement.ts';
import { Audit } from './audit.ts';
import { ACCOUNT, type OrderKit } from './kit.ts';
import { drawnBroker } from './drawn.ts';
import { Runs, wanted, type Wanted } from './runs.ts';

/** Days of trade after 2025-11-03, with Thanksgiving and the early close after it (https://www.nyse.com/markets/hours-calendars). */
const SESSIONS = weekdays('2025-11-03', '2025-12-12', {
  ...{ holidays: ['2025-11-27'], earlyCloses: ['2025-11-28'] },
});
const SYMBOLS = Array.from({ length: 20 }, (_, number) => `S${String.fromCharCode(65 + number)}`);
const LIMITS = { maxPosition: '25', maxDailyQuantity: '40', allowShortSelling: false };
/** All kinds of fault. */
const ODDS = { shares: [1], intensities: [1] };
const LAST_ROUNDS = 30;
const ROUND_MS = 300_000;
const MOST_EVENTS = 2_000_000;

/** How a day ended. */
export interface Day {
  date: string;
  closesAt: string;
  /** In what the ledger and the broker differ, as the audit sees it. */
  differences: string[];
  /** What the product's own comparison says. */
  reconciled: Pick<Reconciliation, 'compared' | 'busy' | 'differences'> | undefined;
}

/** Weeks of orders at the broker, each with what can go wrong, in virtual time; the ledger is compared at each day's end. */
export class Month {
  readonly world = new World(false, { begin: Date.UTC(2025, 10, 3, 14), mostEvents: MOST_EVENTS });
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #kit: OrderKit;
  readonly #runs: Runs;
  readonly #audit: Audit;
  readonly #wanted: Wanted[] = [];

  constructor(seed: string) {
    const { world } = this;
    this.#random = new Random(`${seed} orders`);
    const onFault = (fault: string) => world.count(fault);
    this.#faults = new Faults(new Random(`${seed} faults`), new Set(), onFault, ORDER_FAULT_NAMES, ODDS);
    const engine = drawnBroker(seed, world, SYMBOLS, SESSIONS);
    const limits = readLimits(JSON.stringify({ ...LIMITS, timeZone: 'America/New_York' }));
    const audit = (this.#audit = new Audit(world, limits, engine));
    const store: OrderKit['store'] = new MemoryStore((change) => audit.committed(change));
    this.#kit = { engine, limits, store, isBound: false, inDoubt: () => undefined };
    this.#runs = new Runs(world, this.#kit, this.#faults, seed, (order, answer) =>
      audit.answered(order, answer),
    );
  }

  /** What broke a rule meanwhile. */
  get violation(): Error | undefined {
    return this.#audit.violation;
  }

  get trades(): number {
    return this.#kept().trades.size;
  }

  async play(days: number): Promise<Day[]> {
    const ended: Day[] = [];
    for (const { session, opensAt, closesAt } of new Calendar(SESSIONS).times.slice(0, days)) {
      await this.world.until(opensAt);
      await this.#trade(closesAt);
      await this.#settle();
      ended.push({
        ...{ date: session.date, closesAt: session.close, reconciled: await this.#reconcile() },
        differences: differences(this.#kept(), this.#kit.engine.account(ACCOUNT.accountNumber)),
      });
    }
    return ended;
  }

  /** Orders all day, some of them in the last seconds. */
  async #trade(closesAt: number): Promise<void> {
    const [random, world] = [this.#random, this.world];
    this.#faults.isOver = false;
    const length = closesAt - world.now;
    for (const symbol of SYMBOLS) {
      const hours = random.pick([
        [random.whole(0, length)],
        [random.whole(0, length), length - random.whole(0, 15_000)],
      ]);
      for (const afterMs of hours) world.after(afterMs, () => this.#order(symbol));
    }
    for (let failovers = random.whole(0, 2); failovers > 0; failovers--) {
      world.after(random.whole(0, length), () => {
        if (this.#faults.strikes('store fails over', random, 1)) this.#kit.store.failOver();
      });
    }
    await world.until(closesAt);
  }

  #order(symbol: string): void {
    const random = this.#random;
    const type = this.#audit.held(symbol).gt(0) && random.chance(0.5) ? 'sell' : 'buy';
    const order = wanted(`o${this.#wanted.length}`, type, symbol, String(random.whole(1, 9)), this.world.now);
    this.#wanted.push(order);
    const isRetried = !this.#faults.strikes('run cancelled', random, 0.1);
    if (!isRetried) order.state = 'given up';
    this.#runs.attempt(order, isRetried);
    if (this.#faults.strikes('order delivered twice', random, 0.1)) {
      this.world.after(random.whole(0, 5_000), () => this.#runs.attempt(order, false));
    }
  }

  /** After the close no more faults occur, and what is left over is found out about. */
  async #settle(): Promise<void> {
    this.#faults.isOver = true;
    for (let round = 0; round < LAST_ROUNDS; round++) {
      await this.world.until(this.world.now + ROUND_MS);
      await this.world.while(() => this.#runs.running > 0);
      const isOpen = this.#wanted.some(({ state }) => state === 'open') || this.#audit.openOrders > 0;
      if (!isOpen && round > 0) return;
      for (const symbol of SYMBOLS) this.#runs.check(symbol);
    }
  }

  async #reconcile(): Promise<Day['reconciled']> {
    let answer: Reconciliation | undefined;
    this.#runs.reconcile(undefined, (given) => (answer = given));
    await this.world.while(() => this.#runs.running > 0);
    if (!answer) return undefined;
    const { compared, busy, differences: found } = answer;
    return { compared, busy, differences: found };
  }

  #kept(): Kept {
    const { store } = this.#kit;
    const books = (store.committed('books') as unknown as Book[]).filter(
      ({ _id }) => _id !== ACCOUNT_DOCUMENT,
    );
    const trades = store.committed('trades') as unknown as TradeDocument[];
    return {
      books: new Map(books.map((book) => [book._id, book])),
      trades: new Map(trades.map((trade) => [trade._id, trade])),
    };
  }
}
