import { marketData, trading } from '@alpacahq/alpaca-trade-api/rest';
import * as z from 'zod';
import type { CorporateAction, Holding, MarketOrder, OpenOrder } from '../market.ts';
import { asked, parsed, refusalIn, type Refused } from './answer.ts';
import { corporateActions, TYPES } from './corporate-actions.ts';
import { openOrders, positions, toHoldings, toOpenOrders } from './holdings.ts';
import { BrokerError } from './errors.ts';

/** The function has ten seconds in all, and asks several times. */
const REQUEST_MS = 2_000;

export interface BrokerOptions {
  keyId: string;
  secretKey: string;
  /** Base URLs, without a path. */
  tradingUrl: string;
  dataUrl: string;
  feed: 'iex' | 'sip';
  /** Another way of the requests than Node's `fetch`, and how long one may take there; 0 is without an end. */
  transport?: { fetchApi: typeof fetch; timeoutMs: number };
}

const shares = z.string().regex(/^\d+(\.\d+)?$/, 'a decimal string of shares');

/** An order as far as it is read here; https://docs.alpaca.markets/reference/postorder has all of it. */
const order = z.object({
  id: z.string(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  status: z.string(),
  qty: shares,
  filledQty: shares,
  filledAvgPrice: z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .optional(),
  filledAt: z.date().optional(),
  updatedAt: z.date().optional(),
  /** The id of the order that replaced it. */
  replacedBy: z.string().nullish(),
});
export type BrokerOrder = z.infer<typeof order>;

/** Dollars, which are negative where more is owed than is there. */
const amount = z.string().regex(/^-?\d+(\.\d+)?$/);
/** https://docs.alpaca.markets/reference/getaccount-1 */
const account = z.object({
  accountNumber: z.string().min(1),
  status: z.string(),
  tradingBlocked: z.boolean(),
  accountBlocked: z.boolean(),
  tradeSuspendedByUser: z.boolean(),
  buyingPower: amount,
  equity: amount,
  shortingEnabled: z.boolean(),
  /** The SDK's model has no name for these two, and passes them on as the broker has them, if it does. */
  pattern_day_trader: z.boolean().optional(),
  daytrade_count: z.int().optional(),
});
export type BrokerAccount = z.infer<typeof account>;
const numbered = account.pick({ accountNumber: true });
const timeOfDay = z.string().regex(/^\d\d:\d\d$/);
/** Days of trade; "open" and "close" are what a clock in New York shows. */
const calendar = z.array(z.object({ date: z.date(), open: timeOfDay, close: timeOfDay }));
const clock = z.object({ timestamp: z.date(), isOpen: z.boolean(), nextOpen: z.date() });
/** JSON numbers of at most 15 digits, so that their text is what was sent. */
const decimal = z.number().positive().transform(String);
const latestTrade = z.object({ trade: z.object({ p: decimal, t: z.date() }) });
const bars = z.object({
  bars: z.array(z.object({ t: z.date(), c: decimal })).nullable(),
  nextPageToken: z.string().nullish(),
});

/** Pages of one answer; more would take longer than the function has. */
const MOST_PAGES = 5;

/** The most that the broker answers at once; https://docs.alpaca.markets/reference/getallorders. */
const ORDERS_A_PAGE = 500;
/** The most of https://docs.alpaca.markets/reference/corporateactions-1. */
const ACTIONS_A_PAGE = 1_000;

/** A bar as the broker has it. */
export interface BrokerBar {
  /** Its label: when it begins. That of a day is midnight in New York. */
  start: Date;
  close: string;
}

export interface BrokerBarQuery {
  timeframe: string;
  /** The first and the last label, both inclusive. */
  from: Date;
  to: Date;
  count: number;
}

/** The requests of the broker that an order and its price need, their answers parsed. */
export class Broker {
  readonly #orders: trading.OrdersApi;
  readonly #accounts: trading.AccountsApi;
  readonly #clock: trading.ClockApi;
  readonly #calendar: trading.CalendarApi;
  readonly #positions: trading.PositionsApi;
  readonly #stocks: marketData.StockApi;
  readonly #corporateActions: marketData.CorporateActionsApi;
  readonly #feed: BrokerOptions['feed'];
  #accountNumber: Promise<string> | undefined;

  constructor({ keyId, secretKey, tradingUrl, dataUrl, feed, transport }: BrokerOptions) {
    // No retries of the SDK's: the workflow has its own, and these would multiply with them.
    const shared = { keyId, secret: secretKey, timeoutMs: REQUEST_MS, ...transport };
    const configuration = new trading.Configuration({ ...shared, basePath: tradingUrl });
    this.#orders = new trading.OrdersApi(configuration);
    this.#accounts = new trading.AccountsApi(configuration);
    this.#clock = new trading.ClockApi(configuration);
    this.#calendar = new trading.CalendarApi(configuration);
    this.#positions = new trading.PositionsApi(configuration);
    const data = new marketData.Configuration({ ...shared, basePath: dataUrl });
    this.#stocks = new marketData.StockApi(data);
    this.#corporateActions = new marketData.CorporateActionsApi(data);
    this.#feed = feed;
  }

  /** The account's number never changes, so it is asked for once. */
  accountNumber(): Promise<string> {
    this.#accountNumber ??= parsed(numbered, 'the account', this.#accounts.getAccount())
      .then(({ accountNumber }) => accountNumber)
      .catch((error: unknown) => {
        this.#accountNumber = undefined;
        throw error;
      });
    return this.#accountNumber;
  }

  account(): Promise<BrokerAccount> {
    return parsed(account, 'the account', this.#accounts.getAccount());
  }

  clock() {
    return parsed(clock, 'the clock', this.#clock.legacyClock());
  }

  /** The days of trade from one day to another, both included; the SDK has a day as midnight in UTC. */
  calendar(start: Date, end: Date) {
    return parsed(calendar, 'the calendar', this.#calendar.legacyCalendar({ start, end }));
  }

  latestTrade(symbol: string) {
    return parsed(
      latestTrade,
      `the latest trade of ${symbol}`,
      this.#stocks.stockLatestTradeSingle({ symbol, feed: this.#feed }),
    );
  }

  /**
   * Bars with prices that are adjusted for splits, the newest first; the last one may be unfinished. A page may have
   * fewer bars than there are: https://docs.alpaca.markets/reference/stockbarsingle
   */
  async bars(symbol: string, { timeframe, from, to, count }: BrokerBarQuery): Promise<BrokerBar[]> {
    const found: BrokerBar[] = [];
    let pageToken: string | null | undefined;
    for (let page = 0; page < MOST_PAGES && found.length < count && pageToken !== null; page++) {
      const asked = {
        ...{ symbol, timeframe, start: from, end: to, limit: count - found.length },
        ...({ sort: 'desc', adjustment: 'split', feed: this.#feed } as const),
        ...(pageToken !== undefined && { pageToken }),
      };
      const answer = await parsed(bars, `the bars of ${symbol}`, this.#stocks.stockBarSingle(asked));
      found.push(...(answer.bars ?? []).map(({ t, c }) => ({ start: t, close: c })));
      pageToken = answer.nextPageToken ?? null;
    }
    return found;
  }

  /** The order with an idempotency key; undefined if there is no such order. */
  async find(key: string): Promise<BrokerOrder | undefined> {
    try {
      return await parsed(order, 'an order', this.#orders.getOrderByClientOrderId({ clientOrderId: key }));
    } catch (error) {
      if (refusalIn(error)?.status === 404) return undefined;
      throw error;
    }
  }

  order(id: string): Promise<BrokerOrder> {
    return parsed(order, 'an order', this.#orders.getOrderByOrderID({ orderId: id }));
  }

  /** Places a market order for the rest of the day; answers the broker's refusal if the broker refuses it. */
  async place({ key, type, symbol, qty }: MarketOrder): Promise<BrokerOrder | { refused: Refused }> {
    const postOrderRequest: trading.PostOrderRequest = {
      symbol,
      qty,
      side: type,
      type: 'market',
      timeInForce: 'day',
      clientOrderId: key,
    };
    try {
      return await parsed(order, 'an order', this.#orders.postOrder({ postOrderRequest }));
    } catch (error) {
      const refused = refusalIn(error);
      if (!refused) throw error;
      return { refused };
    }
  }

  /** Cancels what is not filled; an order that has ended in between stays as it is. */
  async cancel(id: string): Promise<void> {
    try {
      await asked(this.#orders.deleteOrderByOrderID({ orderId: id }));
    } catch (error) {
      const { status } = refusalIn(error) ?? {};
      if (status !== 422 && status !== 404) throw error;
    }
  }

  /** Those of stocks, by whatever client they were placed. */
  async openOrders(): Promise<OpenOrder[]> {
    const found: z.output<typeof openOrders> = [];
    for (let page = 0; page < MOST_PAGES; page++) {
      const last = found.at(-1);
      const query: trading.GetAllOrdersRequest = {
        ...{ status: 'open', limit: ORDERS_A_PAGE, direction: 'desc' },
        ...(last && { beforeOrderId: last.id }),
      };
      const answer = await parsed(openOrders, 'the open orders', this.#orders.getAllOrders(query));
      found.push(...answer);
      if (answer.length < ORDERS_A_PAGE) return toOpenOrders(found);
    }
    throw new BrokerError(`The account has more than ${MOST_PAGES * ORDERS_A_PAGE} open orders.`);
  }

  async positions(): Promise<Holding[]> {
    return toHoldings(await parsed(positions, 'the positions', this.#positions.getAllOpenPositions()));
  }

  /** On days from one to another, both included, as the broker processes them; the oldest first. */
  async corporateActions(symbols: string[], from: string, to: string): Promise<CorporateAction[]> {
    const found: CorporateAction[] = [];
    let pageToken: string | null | undefined;
    for (let page = 0; page < MOST_PAGES && pageToken !== null; page++) {
      const query: marketData.CorporateActionsRequest = {
        ...{ symbols: symbols.join(), types: TYPES, start: new Date(from), end: new Date(to) },
        ...{ limit: ACTIONS_A_PAGE, sort: 'asc', ...(pageToken !== undefined && { pageToken }) },
      };
      const asked = this.#corporateActions.corporateActions(query);
      const answer = await parsed(corporateActions, 'corporate actions', asked);
      found.push(...answer.corporateActions);
      pageToken = answer.nextPageToken ?? null;
    }
    return found.toSorted((one, other) => one.day.localeCompare(other.day));
  }
}
