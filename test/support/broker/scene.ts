import { marketData, trading } from '@alpacahq/alpaca-trade-api/rest';
import { weekdays } from './calendar.ts';
import { BrokerEngine } from './engine.ts';
import { serve } from './http.ts';
import type { AccountOptions, BrokerOptions, Delivery, Instant } from './types.ts';

/** The account of scenes: $100,000. */
export const PAPER: AccountOptions = {
  ...{ keyId: 'PKFAKE1', secretKey: 'fake-secret-1', accountNumber: 'PA1', cash: '100000' },
};

/** The first two months of 2026: two holidays, and an early close on 2026-02-10 that only this calendar has. */
export const SESSIONS = weekdays('2026-01-02', '2026-03-01', {
  ...{ holidays: ['2026-01-19', '2026-02-16'], earlyCloses: ['2026-02-10'] },
});

/** Monday, 2026-01-05, 10:00 in New York: the market is open. */
export const MONDAY = Date.parse('2026-01-05T15:00:00Z');

/** A broker with usual assets at $100, and a clock that is put forward by hand. */
export class Scene {
  now: Instant;
  readonly engine: BrokerEngine;
  readonly #account: AccountOptions;

  /** @param start ISO 8601; Monday if not said */
  constructor(options: Partial<BrokerOptions> = {}, start?: string) {
    this.now = start === undefined ? MONDAY : Date.parse(start);
    const accounts = options.accounts ?? [PAPER];
    this.#account = accounts[0]!;
    this.engine = new BrokerEngine({
      now: () => this.now,
      ...{ accounts, sessions: SESSIONS, price: () => '100' },
      assets: [
        { symbol: 'AMZN' },
        { symbol: 'MSFT' },
        { symbol: 'WHOL', fractionable: false },
        { symbol: 'HARD', shortable: false },
        { symbol: 'GONE', tradable: false },
      ],
      ...options,
    });
  }

  /** Lets so many milliseconds pass. */
  pass(ms: number): void {
    this.now += ms;
  }

  /** Goes to an instant, ISO 8601. */
  at(instant: string): void {
    this.now = Date.parse(instant);
  }

  /** One request in process, with the keys of the first account if not said. @param route such as `GET /v2/clock` */
  deliver(route: string, body?: object, { keyId, secretKey } = this.#account): Delivery {
    const [method = '', address = ''] = route.split(' ');
    const { pathname: path, searchParams: query } = new URL(address, 'http://fake');
    return this.engine.request({
      ...{ method, path, query, keyId, secretKey },
      body: body === undefined ? '' : JSON.stringify(body),
    });
  }

  /** Status and body of the answer. */
  ask(route: string, body?: object, account?: AccountOptions): { status: number; body: Json } {
    const { reply } = this.deliver(route, body, account);
    if (reply === 'lost') throw new Error(`The answer to ${route} was lost.`);
    return { status: reply.status, body: reply.body as Json };
  }

  /** A market order for the day. */
  order(change: object = {}, account?: AccountOptions): { status: number; body: Json } {
    const usual = { symbol: 'AMZN', side: 'buy', type: 'market', time_in_force: 'day' };
    const size = 'qty' in change || 'notional' in change ? {} : { qty: '3' };
    return this.ask('POST /v2/orders', { ...usual, ...size, ...change }, account);
  }

  /** The SDK's classes, over HTTP; without its timeouts, whose timers outlive an answer without a body. */
  async sdk({ keyId, secretKey }: AccountOptions = this.#account) {
    const { url, close } = await serve(this.engine);
    const shared = { keyId, secret: secretKey, timeoutMs: 0, basePath: url };
    const configuration = new trading.Configuration(shared);
    const data = new marketData.Configuration(shared);
    return {
      ...{ url, close },
      orders: new trading.OrdersApi(configuration),
      accounts: new trading.AccountsApi(configuration),
      positions: new trading.PositionsApi(configuration),
      assets: new trading.AssetsApi(configuration),
      clock: new trading.ClockApi(configuration),
      calendar: new trading.CalendarApi(configuration),
      activities: new trading.AccountActivitiesApi(configuration),
      announcements: new trading.CorporateActionsApi(configuration),
      stocks: new marketData.StockApi(data),
      corporateActions: new marketData.CorporateActionsApi(data),
    };
  }
}

/** The fields of an answer, as far as a test looks at them. */
export type Json = Record<string, unknown> & Record<number, Record<string, unknown>>;
