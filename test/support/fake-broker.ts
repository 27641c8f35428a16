import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeTape } from './fake-tape.ts';

/** An order as the broker's trading API answers it. */
export interface FakeOrder {
  id: string;
  client_order_id: string;
  symbol: string;
  side: 'buy' | 'sell';
  qty: string;
  type: string;
  time_in_force: string;
  status: string;
  filled_qty: string;
  filled_avg_price: string | null;
  filled_at: string | null;
  created_at: string;
  updated_at: string;
}

/** What the account is like, and what goes wrong. */
export interface Conditions {
  isOpen: boolean;
  /** Dollars; an order that costs more is refused. */
  buyingPower: number;
  /** The most shares of an order that are filled. */
  liquidity: number;
  /** How often an order is asked about before it is filled. */
  pendingPolls: number;
  /** The status in which an order ends at once instead. */
  endsAs: 'rejected' | 'expired' | undefined;
  /** How many of the next orders are taken while their answers are lost. */
  lostAnswers: number;
  /** How many of the next requests are over the limit of requests. */
  throttled: number;
  /** The body of every answer, instead of the documented one. */
  nonsense: object | undefined;
}

const USUAL: Conditions = {
  isOpen: true,
  buyingPower: 1_000_000,
  liquidity: 1_000_000,
  pendingPolls: 1,
  endsAs: undefined,
  lostAnswers: 0,
  throttled: 0,
  nonsense: undefined,
};

export const KEYS = { keyId: 'PKFAKEFAKEFAKE', secretKey: 'fake-secret-never-shown' };
/** Of each symbol, always, unless there is a tape. */
export const PRICE = 226.6789;

/** Days of trade: what the calendar has of November 2026. */
const DAYS = [
  ['2026-11-24', '16:00'],
  ['2026-11-25', '16:00'],
  ['2026-11-27', '13:00'],
  ['2026-11-30', '16:00'],
] as const;

/** Of the days from one to another, both included, whatever their times of the day. */
function calendar(start: string, end: string) {
  const isAsked = (date: string) => date >= start.slice(0, 10) && date <= end.slice(0, 10);
  return DAYS.filter(([date]) => isAsked(date)).map(([date, close]) => ({
    ...{ date, open: '09:30', close, session_open: '0400', session_close: '2000', settlement_date: date },
  }));
}

/**
 * The endpoints of Alpaca's documented APIs that trading uses, on loopback: orders with unique `client_order_id`, order
 * by id and by client id, cancellation, clock, calendar, account, positions, latest trade, bars; with their error answers.
 */
export class FakeBroker {
  conditions: Conditions = { ...USUAL };
  /** The trades of each symbol; without it, each has one, now. */
  tape: FakeTape | undefined;
  readonly orders: FakeOrder[] = [];
  readonly requests: string[] = [];
  keys: { keyId: string; secretKey: string } = KEYS;
  readonly #polls = new Map<string, number>();
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Everything as usual, but for these. */
  set(conditions: Partial<Conditions> = {}): void {
    this.conditions = { ...USUAL, ...conditions };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const route = `${request.method} ${pathname}`;
    this.requests.push(route);
    const reply = (status: number, body?: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    const refuse = (status: number, code: number, message: string) => reply(status, { code, message });
    const body = await textOf(request);

    const given = [request.headers['apca-api-key-id'], request.headers['apca-api-secret-key']];
    if (given[0] !== this.keys.keyId || given[1] !== this.keys.secretKey) {
      return reply(403, { message: 'forbidden.' });
    }
    if (this.conditions.throttled > 0) {
      this.conditions.throttled -= 1;
      const limits = { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0' };
      return reply(429, { code: 42910000, message: 'rate limit exceeded' }, limits);
    }
    if (this.conditions.nonsense) return reply(200, this.conditions.nonsense);

    const orderId = /^\/v2\/orders\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
    if (route === 'POST /v2/orders')
      return this.#place(JSON.parse(body) as Partial<FakeOrder>, response, reply, refuse);
    if (route === 'GET /v2/orders:by_client_order_id') {
      const key = searchParams.get('client_order_id');
      const found = this.orders.find(({ client_order_id }) => client_order_id === key);
      return found ? reply(200, this.#seen(found)) : refuse(404, 40410000, `order not found for ${key}`);
    }
    if (orderId !== undefined) {
      const found = this.orders.find(({ id }) => id === orderId);
      if (!found) return refuse(404, 40410000, `order not found for ${orderId}`);
      if (request.method === 'GET') return reply(200, this.#seen(found));
      if (found.status === 'filled') return refuse(422, 42210000, 'order is already in "filled" state');
      end(found, 'canceled');
      return reply(204);
    }
    const symbol = /^\/v2\/stocks\/([^/]+)\//.exec(pathname)?.[1];
    if (pathname.endsWith('/trades/latest')) {
      const { at, cents } = this.tape?.latest ?? { at: Date.now(), cents: PRICE * 100 };
      const t = new Date(at).toISOString().replace('Z', '456789Z');
      return reply(200, { symbol, trade: { c: ['@'], i: 1, p: cents / 100, s: 100, t, x: 'V', z: 'C' } });
    }
    if (this.tape && pathname.endsWith('/bars')) {
      return reply(200, { symbol, ...this.tape.bars(searchParams) });
    }
    if (this.tape && route === 'GET /v2/calendar') return reply(200, this.tape.calendar(searchParams));
    switch (route) {
      case 'GET /v2/clock': {
        const times = { next_open: '2026-01-06T14:30:00Z', next_close: '2026-01-05T21:00:00Z' };
        return reply(200, { timestamp: '2026-01-05T15:00:00Z', is_open: this.conditions.isOpen, ...times });
      }
      case 'GET /v2/calendar':
        return reply(200, calendar(searchParams.get('start') ?? '', searchParams.get('end') ?? ''));
      case 'GET /v2/account':
        return reply(200, {
          account_number: 'PA1',
          status: 'ACTIVE',
          buying_power: String(this.conditions.buyingPower),
        });
      case 'GET /v2/positions':
        return reply(200, []);
      default:
        return refuse(404, 40410000, `endpoint not found: ${route}`);
    }
  }

  #place(
    { client_order_id, symbol, side, qty, type, time_in_force }: Partial<FakeOrder>,
    response: ServerResponse,
    reply: (status: number, body: unknown) => void,
    refuse: (status: number, code: number, message: string) => void,
  ): void {
    if (this.orders.some((order) => order.client_order_id === client_order_id)) {
      return refuse(422, 40010001, 'client_order_id must be unique');
    }
    if (symbol === 'NONE') return refuse(422, 42210000, `asset "${symbol}" not found`);
    if (side === 'buy' && Number(qty) * PRICE > this.conditions.buyingPower) {
      return refuse(403, 40310000, 'insufficient buying power');
    }
    if (side === 'sell' && symbol === 'SHRT') {
      return refuse(403, 40310000, `insufficient qty available for order (requested: ${qty}, available: 0)`);
    }
    const now = new Date().toISOString();
    const order: FakeOrder = {
      ...{ id: randomUUID(), client_order_id: client_order_id!, symbol: symbol!, side: side!, qty: qty! },
      ...{ type: type!, time_in_force: time_in_force!, status: 'pending_new', filled_qty: '0' },
      ...{ filled_avg_price: null, filled_at: null, created_at: now, updated_at: now },
    };
    this.orders.push(order);
    if (this.conditions.endsAs) end(order, this.conditions.endsAs);
    if (this.conditions.lostAnswers > 0) {
      this.conditions.lostAnswers -= 1;
      response.destroy();
      return;
    }
    reply(200, order);
  }

  /** An order as it stands when it is asked about. */
  #seen(order: FakeOrder): FakeOrder {
    const polls = (this.#polls.get(order.id) ?? 0) + 1;
    this.#polls.set(order.id, polls);
    if (order.status !== 'pending_new' || polls < this.conditions.pendingPolls) return order;
    const filled = Math.min(Number(order.qty), this.conditions.liquidity);
    if (filled > 0) {
      order.filled_qty = String(filled);
      order.filled_avg_price = '226.6733333';
      order.filled_at = new Date().toISOString();
      order.status = filled === Number(order.qty) ? 'filled' : 'partially_filled';
    }
    return order;
  }
}

function end(order: FakeOrder, status: string): void {
  order.status = status;
  order.updated_at = new Date().toISOString();
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
