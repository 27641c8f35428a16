import { Money } from '../../../functions/shared/money.ts';
import { Bars } from './bars.ts';
import { Calendar } from './calendar.ts';
import { Market } from './market.ts';
import { filledAtOnce } from './plans.ts';
import type { Account, AccountOptions, BrokerOptions, CoursePlan, Instant, Order } from './types.ts';

/** All that the broker knows. `time` is the instant of what happens now, which may be before the clock's. */
export class World {
  time: Instant;
  courses: CoursePlan;
  readonly calendar: Calendar;
  readonly market: Market;
  readonly bars: Bars;
  readonly accounts: readonly Account[];
  /** All orders that have not ended, in the order in which they were placed. */
  readonly open = new Set<Order>();
  readonly id: () => string;
  readonly judgesKeyLast: boolean;
  orders = 0;

  constructor(options: BrokerOptions) {
    const { now, accounts, sessions, courses = filledAtOnce, ids } = options;
    this.time = now();
    this.courses = courses;
    this.calendar = new Calendar(sessions);
    this.market = new Market(options, this.calendar);
    this.bars = new Bars(this.market, this.calendar);
    this.accounts = accounts.map(accountOf);
    this.judgesKeyLast = options.judgesKeyLast ?? false;
    let count = 0;
    this.id = ids ?? (() => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`);
    for (const account of this.accounts) account.lastEquity = this.equity(account);
  }

  /** Cash, and all positions at the newest price. */
  equity(account: Account): Money {
    return Money.sum(account.cash, this.value(account));
  }

  value(account: Account): Money {
    return [...account.positions.values()].reduce(
      (sum, { symbol, qty }) => sum.plus(qty.times(this.market.lastTrade(symbol, this.time).price)),
      new Money(0),
    );
  }
}

function accountOf(options: AccountOptions): Account {
  const positions = (options.positions ?? []).map(({ symbol, qty, price }) => {
    return [symbol, { symbol, qty: new Money(qty), cost: new Money(qty).times(price) }] as const;
  });
  return {
    ...{ options, cash: new Money(options.cash), lastEquity: new Money(0) },
    ...{ positions: new Map(positions), orders: [], activities: [] },
  };
}
