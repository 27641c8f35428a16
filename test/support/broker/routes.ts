import { accountJson, positionJson } from './accounts.ts';
import { activities } from './activities.ts';
import { instant, refusedFeed } from './bars.ts';
import { iso } from './calendar.ts';
import { announcements, corporateActions } from './corporate-actions.ts';
import { cancel, replace } from './lifecycle.ts';
import { orderJson } from './order-json.ts';
import { listed } from './order-list.ts';
import { placeOrder, refusedReplacement } from './placing.ts';
import { type Refusal, invalid, notFound, refusal, unprocessable } from './replies.ts';
import { hasEnded } from './states.ts';
import type { Account, Asked, Asset, Order, Reply } from './types.ts';
import type { World } from './world.ts';

interface Call {
  world: World;
  account: Account;
  query: URLSearchParams;
  body: string;
  /** What stands in the path's braces. */
  name: string;
}

/** An object or an array is answered with status 200. */
type Handler = (call: Call) => { reply: Reply } | Refusal | { json: unknown };

/** Paths are those of `@alpacahq/alpaca-trade-api`, which is made from the broker's OpenAPI documents. */
const ROUTES: Record<string, Handler> = {
  'POST /v2/orders': ({ world, account, body }) => {
    const placed = placeOrder(world, account, parsed(body));
    return 'refused' in placed ? placed : { json: orderJson(placed) };
  },
  'GET /v2/orders': ({ account, query }) => ({ json: listed(account, query).map(orderJson) }),
  'GET /v2/orders:by_client_order_id': ({ account, query }) => {
    const key = query.get('client_order_id');
    const found = account.orders.find(({ clientOrderId }) => clientOrderId === key);
    return found ? { json: orderJson(found) } : notFound(`order not found for ${key}`);
  },
  'GET /v2/orders/{id}': (call) => withOrder(call, (order) => ({ json: orderJson(order) })),
  'DELETE /v2/orders/{id}': (call) =>
    withOrder(call, (order) => {
      const refused = uncancelable(order);
      if (refused) return refused;
      cancel(call.world, order);
      return { reply: { status: 204 } };
    }),
  'DELETE /v2/orders': ({ world, account }) => ({
    reply: {
      status: 207,
      body: account.orders
        .filter(({ status }) => !hasEnded(status))
        .map((order) => {
          const refused = uncancelable(order);
          if (!refused) cancel(world, order);
          return { id: order.id, status: refused ? 500 : 200 };
        }),
    },
  }),
  'PATCH /v2/orders/{id}': (call) =>
    withOrder(call, (order) => {
      const { qty, client_order_id } = (parsed(call.body) ?? {}) as Record<string, string | undefined>;
      const isTaken = call.account.orders.some(({ clientOrderId }) => clientOrderId === client_order_id);
      if (isTaken) return invalid('client_order_id must be unique');
      const own = client_order_id === undefined ? {} : { clientOrderId: client_order_id };
      const refused = refusedReplacement(order, qty);
      return refused ?? { json: orderJson(replace(call.world, order, { qty, ...own })) };
    }),
  'GET /v2/account': ({ world, account }) => ({ json: accountJson(world, account) }),
  'GET /v2/account/activities': ({ account, query }) => ({ json: activities(account, query) }),
  'GET /v2/account/activities/{type}': ({ account, query, name }) => ({
    json: activities(account, query, name),
  }),
  'GET /v2/positions': ({ world, account }) => ({
    json: [...account.positions.values()].map((position) => positionJson(world, account, position)),
  }),
  'GET /v2/positions/{symbol}': ({ world, account, name }) => {
    const position = account.positions.get(name);
    return position ? { json: positionJson(world, account, position) } : notFound('position does not exist');
  },
  'GET /v2/assets': ({ world }) => ({ json: [...world.market.assets.values()].map(assetJson) }),
  'GET /v2/assets/{symbol}': ({ world, name }) => {
    const asset = world.market.assets.get(name);
    return asset ? { json: assetJson(asset) } : notFound(`asset not found for ${name}`);
  },
  'GET /v2/clock': ({ world }) => ({ json: world.calendar.clock(world.time) }),
  'GET /v2/calendar': ({ world, query }) => {
    const [start, end] = [query.get('start') ?? '1970', query.get('end') ?? '9999'];
    return { json: world.calendar.days(start.slice(0, 10), end.slice(0, 10)) };
  },
  'GET /v3/clock': ({ world, query }) => ({
    json: {
      clocks: (query.get('markets') ?? 'NYSE').split(',').map((market) => {
        return world.calendar.clockOf(market, instant(query.get('time')) ?? world.time);
      }),
    },
  }),
  'GET /v3/calendar/{market}': ({ world, query, name }) => {
    const today = iso(world.time).slice(0, 10);
    const [start, end] = [query.get('start') ?? today, query.get('end') ?? today];
    return { json: world.calendar.calendarOf(name, start, end) };
  },
  'GET /v2/stocks/{symbol}/bars': (call) => {
    const page = bars(call, [call.name]);
    if ('refused' in page) return page;
    // An empty list is null.
    const found = page.bars.length > 0 ? page.bars.map(({ json }) => json) : null;
    return { json: { symbol: call.name, bars: found, next_page_token: page.next } };
  },
  'GET /v2/stocks/bars': (call) => {
    const page = bars(call, symbolsOf(call));
    if ('refused' in page) return page;
    const bySymbol: Record<string, object[]> = {};
    for (const { symbol, json } of page.bars) (bySymbol[symbol] ??= []).push(json);
    return { json: { bars: bySymbol, next_page_token: page.next } };
  },
  'GET /v2/stocks/{symbol}/trades/latest': (call) => {
    const refused = recentRefused(call);
    if (refused) return refused;
    if (!call.world.market.assets.has(call.name))
      return refusal(404, undefined, `no trade found for ${call.name}`);
    return { json: { symbol: call.name, trade: tradeJson(call.world, call.name) } };
  },
  'GET /v2/stocks/trades/latest': (call) => {
    const known = symbolsOf(call).filter((symbol) => call.world.market.assets.has(symbol));
    const trades = known.map((symbol) => [symbol, tradeJson(call.world, symbol)]);
    return recentRefused(call) ?? { json: { trades: Object.fromEntries(trades) as object } };
  },
  'GET /v1/corporate-actions': ({ world, query }) => ({ json: corporateActions(world, query) }),
  'GET /v2/corporate_actions/announcements': ({ world, query }) => ({ json: announcements(world, query) }),
};

const PATTERNS = Object.keys(ROUTES).map((name) => {
  const [method = '', path = ''] = name.split(' ');
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/, '([^/]+)')}$`);
  return { name, method, pattern, isExact: !path.includes('{') };
});

/** The route of a request, the exact ones first; one that is not in the table is named by its path. */
export function routeOf({ method, path }: Asked): { name: string; inBraces: string } {
  const fitting = PATTERNS.filter((route) => route.method === method && route.pattern.test(path));
  const route = fitting.find(({ isExact }) => isExact) ?? fitting[0];
  if (!route) return { name: `${method} ${path}`, inBraces: '' };
  return { name: route.name, inBraces: decodeURIComponent(route.pattern.exec(path)?.[1] ?? '') };
}

export function handle(world: World, account: Account, asked: Asked): Reply {
  const { name: route, inBraces: name } = routeOf(asked);
  const result = ROUTES[route]?.({ world, account, query: asked.query, body: asked.body, name });
  if (!result) return notFound(`endpoint not found: ${route}`).refused;
  if ('refused' in result) return result.refused;
  return 'reply' in result ? result.reply : { status: 200, body: result.json };
}

function withOrder<T>({ account, name }: Call, use: (order: Order) => T): T | Refusal {
  const order = account.orders.find(({ id }) => id === name);
  return order ? use(order) : notFound(`order not found for ${name}`);
}

/** Until it has ended an order can be canceled, but for when it is being replaced. */
const uncancelable = ({ status }: Order): Refusal | undefined =>
  hasEnded(status) || status === 'pending_replace'
    ? unprocessable(`order is already in "${status}" state`)
    : undefined;

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const symbolsOf = ({ query }: Call): string[] => (query.get('symbols') ?? '').split(',').filter(Boolean);

function bars({ world, account, query }: Call, symbols: string[]) {
  const end = instant(query.get('end')) ?? world.time;
  const refused = refusedFeed(account.options.dataPlan ?? 'basic', query, end, world.time);
  const known = symbols.filter((symbol) => world.market.assets.has(symbol));
  return refused ? { refused } : world.bars.page(known, query, world.time);
}

function recentRefused({ world, account, query }: Call): Refusal | undefined {
  const refused = refusedFeed(account.options.dataPlan ?? 'basic', query, world.time, world.time);
  return refused && { refused };
}

/** https://docs.alpaca.markets/reference/stocklatesttradesingle */
function tradeJson(world: World, symbol: string): object {
  const { at, price } = world.market.lastTrade(symbol, world.time);
  return { t: iso(at), p: price.toNumber(), s: 100, x: 'V', c: ['@'], i: 1, z: 'C' };
}

/** https://docs.alpaca.markets/reference/get-v2-assets-symbol_or_asset_id */
function assetJson({ symbol, fractionable = true, shortable = true, tradable = true }: Asset): object {
  return {
    ...{
      id: `asset-${symbol}`,
      class: 'us_equity',
      exchange: 'NASDAQ',
      symbol,
      name: `${symbol} Common Stock`,
    },
    ...{ status: 'active', tradable, marginable: true, shortable, easy_to_borrow: shortable, fractionable },
    attributes: [],
  };
}
