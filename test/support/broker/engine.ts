import { closeDay } from './accounts.ts';
import { type MarketEvent, corporateEvents } from './corporate-actions.ts';
import { rateLimited } from './faults.ts';
import { advance, nextOf } from './lifecycle.ts';
import { RateLimit } from './rate-limit.ts';
import { handle, routeOf } from './routes.ts';
import type {
  Account,
  Asked,
  BrokerOptions,
  CoursePlan,
  Delivery,
  FaultPlan,
  Instant,
  LoggedRequest,
  Order,
  Reply,
} from './types.ts';
import { World } from './world.ts';

const FORBIDDEN: Reply = { status: 403, body: { message: 'forbidden.' } };

/**
 * Alpaca as its documentation says (https://docs.alpaca.markets; each file names its pages): orders, accounts,
 * positions, clock, calendar, assets, bars, trades, corporate actions, activities.
 *
 * It has no timers, no clock and no chance of its own. Time is what `now` says; whatever was due until then happens
 * before a request is looked at, in the order of time. What becomes of an order is its course, and what goes wrong with
 * a request its fault, both decided by functions that are given (`plans.ts` and `faults.ts` have usual ones, also drawn
 * ones for a seed). The same options and the same requests at the same instants give the same answers, ids included.
 *
 *     let now = Date.parse('2026-01-05T15:00:00Z');
 *     const engine = new BrokerEngine({
 *       now: () => now,
 *       accounts: [{ keyId: 'PK1', secretKey: 's', accountNumber: 'PA1', cash: '100000' }],
 *       sessions: weekdays('2026-01-01', '2026-02-01', { holidays: ['2026-01-01', '2026-01-19'] }),
 *       assets: [{ symbol: 'AMZN' }],
 *       price: () => '226.67',
 *       courses: inParts([[1_000, '2', '226.5'], [5_000]]),
 *       faults: script({ 'POST /v2/orders': [lostAfter()] }),
 *     });
 *     engine.request(asked);                       // in process: a reply or 'lost', and after how many milliseconds
 *     now = engine.nextEventAt() ?? now;           // virtual time: when the broker does something by itself
 *     const { url, close } = await serve(engine);  // over HTTP (http.ts), for the SDK
 *     brokerFetch(engine, sleep);                  // in process (http.ts), for the SDK's option `fetchApi`
 */
export class BrokerEngine {
  readonly requests: LoggedRequest[] = [];
  faults: FaultPlan;
  readonly #now: () => Instant;
  readonly #world: World;
  readonly #limit: RateLimit;
  /** Of the calendar and of corporate actions; sorted. */
  readonly #events: MarketEvent[];
  readonly #late: { at: Instant; account: Account; asked: Asked }[] = [];
  readonly #counts = new Map<string, number>();

  constructor(options: BrokerOptions) {
    const { faults = () => undefined, requestsPerMinute = 200 } = options;
    this.faults = faults;
    this.#now = options.now;
    this.#world = new World(options);
    this.#limit = new RateLimit(requestsPerMinute);
    const { calendar, market, time } = this.#world;
    const closes = calendar.times.map(({ closesAt }) => ({ at: closesAt, run: closeDay }));
    this.#events = [...corporateEvents(market.splits, market.dividends), ...closes]
      .filter(({ at }) => at > time)
      .toSorted((one, other) => one.at - other.at);
  }

  set courses(courses: CoursePlan) {
    this.#world.courses = courses;
  }

  /** All orders of an account, in the order in which they were placed, as the broker itself knows them. */
  orders(accountNumber: string): readonly Order[] {
    return this.account(accountNumber).orders;
  }

  account(accountNumber: string): Account {
    this.settle();
    const found = this.#world.accounts.find(({ options }) => options.accountNumber === accountNumber);
    if (!found) throw new Error(`The broker has no account ${accountNumber}. Give it in \`accounts\`.`);
    return found;
  }

  /** When something happens next without a request; undefined if nothing will. */
  nextEventAt(): Instant | undefined {
    const at = this.#next()?.at;
    return at === undefined ? undefined : Math.max(at, this.#world.time);
  }

  /** Lets all happen that is due by now. */
  settle(): void {
    const now = Math.max(this.#now(), this.#world.time);
    for (let next = this.#next(); next && next.at <= now; next = this.#next()) {
      this.#world.time = Math.max(next.at, this.#world.time);
      next.run();
    }
    this.#world.time = now;
  }

  /** Takes one request, and says what its client gets and when. */
  request(asked: Asked): Delivery {
    this.settle();
    const route = routeOf(asked);
    const account = this.#world.accounts.find(
      ({ options: { keyId, secretKey } }) => keyId === asked.keyId && secretKey === asked.secretKey,
    );
    const nth = (this.#counts.get(route.name) ?? 0) + 1;
    this.#counts.set(route.name, nth);
    const now = this.#world.time;
    const fault = this.faults({ route: route.name, nth, number: this.requests.length + 1, now, asked });
    const reply = this.#reply(asked, account, fault);
    this.requests.push({
      ...{ at: now, route: route.name, path: asked.path, query: asked.query.toString(), body: asked.body },
      accountNumber: account?.options.accountNumber,
      ...{ status: reply === 'lost' ? reply : reply.status, isFaulty: fault !== undefined },
    });
    return { reply, delayMs: fault?.delayMs ?? 0 };
  }

  #reply(asked: Asked, account: Account | undefined, fault: ReturnType<FaultPlan>): Reply | 'lost' {
    if (fault?.effect === 'never') return fault.answer;
    if (!account) return FORBIDDEN;
    const { limit, remaining, reset, isOver } = this.#limit.take(account, asked.path, this.#world.time);
    if (isOver) return rateLimited(reset, limit);
    if (fault && fault.effect !== 'now') {
      this.#late.push({ at: this.#world.time + fault.effect.afterMs, account, asked });
      return fault.answer;
    }
    const reply = handle(this.#world, account, asked);
    if (fault?.answer) return fault.answer;
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
    };
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  /** What happens first; where instants are the same: the market's events, orders as they were placed, late requests. */
  #next(): { at: Instant; run: () => void } | undefined {
    const [event] = this.#events;
    const order = earliest(this.#world.open, nextOf);
    const late = earliest(this.#late, ({ at }) => at);
    const candidates = [
      { at: event?.at ?? Infinity, run: () => this.#events.shift()!.run(this.#world) },
      { at: order ? nextOf(order) : Infinity, run: () => advance(this.#world, order!) },
      { at: late?.at ?? Infinity, run: () => this.#takeLate(late!) },
    ];
    const next = earliest(candidates, ({ at }) => at)!;
    return next.at === Infinity ? undefined : next;
  }

  #takeLate(late: { at: Instant; account: Account; asked: Asked }): void {
    this.#late.splice(this.#late.indexOf(late), 1);
    handle(this.#world, late.account, late.asked);
  }
}

/** The first one of those that are due earliest. */
function earliest<T>(all: Iterable<T>, when: (one: T) => Instant): T | undefined {
  let first: T | undefined;
  let least = Infinity;
  for (const one of all) {
    const at = when(one);
    if (first !== undefined && at >= least) continue;
    first = one;
    least = at;
  }
  return first;
}
