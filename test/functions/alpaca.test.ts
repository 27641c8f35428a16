import { alpacaMarket } from '../../functions/market/alpaca/alpaca.ts';
import { Broker } from '../../functions/market/alpaca/broker.ts';
import type { MarketOrder, OrdersAtBroker, OrderStatus } from '../../functions/market/market.ts';
import { FakeBroker, KEYS } from '../support/fake-broker.ts';
import { FakeTape } from '../support/fake-tape.ts';

// The broker's own SDK over HTTP, against a small fake of its documented endpoints.
const fake = new FakeBroker();
let url: string;
beforeAll(async () => {
  url = await fake.listen();
});
afterAll(() => fake.close());
beforeEach(() => {
  fake.set();
  fake.keys = KEYS;
  fake.tape = undefined;
  fake.requests.length = 0;
});

const market = alpacaMarket('paper', (work) =>
  work(new Broker({ ...KEYS, tradingUrl: url, dataUrl: url, feed: 'iex' })),
);

const orders = market.orders as OrdersAtBroker;

let keys = 0;
const order = (change: Partial<MarketOrder> = {}): MarketOrder => ({
  ...{ key: `key-${keys++}`, type: 'buy', symbol: 'AMZN', qty: '3', price: '226.00' },
  ...change,
});
const ordersOf = (key: string) => fake.orders.filter(({ client_order_id }) => client_order_id === key);

test('the price is the latest trade, to the digit, and says when it was', async () => {
  fake.tape = new FakeTape();
  fake.tape.trades = [{ at: Date.parse('2026-01-05T14:30:00.123Z'), cents: 22_667.89 }];
  expect(await market.quote('AMZN', new Date())).toEqual({
    price: '226.6789',
    asOf: new Date('2026-01-05T14:30:00.123Z'),
  });
});

test.each(['BTC/USD', '7203.T', '0700.HK'])('%s is refused before the broker is asked', async (symbol) => {
  const words = `${symbol} is not a US stock`;
  await expect(market.quote(symbol, new Date())).rejects.toThrow(words);
  const query = { endedBy: new Date(), count: 3, everyMinutes: 5 };
  await expect(market.bars(symbol, query)).rejects.toThrow(words);
  expect(await orders.place(order({ symbol }))).toEqual({
    limit: 'rejected',
    refused: expect.stringContaining(words) as string,
  });
  expect(fake.requests).toEqual([]);
});

describe("a session of the broker's calendar", () => {
  const session = async (at: string) => {
    const { opensAt, closesAt } = await market.session(new Date(at));
    return [opensAt.toISOString(), closesAt.toISOString()];
  };

  test.each([
    ['while it is open', '2026-11-25T14:30:00Z', '2026-11-25T14:30:00.000Z', '2026-11-25T21:00:00.000Z'],
    [
      'in the evening of New York',
      '2026-11-25T02:00:00Z',
      '2026-11-25T14:30:00.000Z',
      '2026-11-25T21:00:00.000Z',
    ],
    [
      'after its close, over a holiday',
      '2026-11-25T21:00:00Z',
      '2026-11-27T14:30:00.000Z',
      '2026-11-27T18:00:00.000Z',
    ],
    ['after an early close', '2026-11-27T18:00:00Z', '2026-11-30T14:30:00.000Z', '2026-11-30T21:00:00.000Z'],
  ])('%s takes one request', async (_, at, opensAt, closesAt) => {
    expect(await session(at)).toEqual([opensAt, closesAt]);
    expect(fake.requests).toEqual(['GET /v2/calendar']);
  });

  test('that is not to be had is an error that says so', async () => {
    await expect(session('2026-12-01T15:00:00Z')).rejects.toThrow(
      "The broker's calendar has no session in the 14 days after 2026-12-01T15:00:00.000Z.",
    );
    fake.set({ throttled: 1 });
    await expect(session('2026-11-25T15:00:00Z')).rejects.toMatchObject({ name: 'BrokerUnavailableError' });
    fake.set({ nonsense: [{ date: '2026-11-25', open: '9:30', close: '16:00' }] });
    await expect(session('2026-11-25T15:00:00Z')).rejects.toThrow('the calendar is not as documented');
  });
});

/** An order as it stands when it is asked about again. */
const followed = async (asked: MarketOrder): Promise<OrderStatus> => {
  const placed = await orders.place(asked);
  if ('refused' in placed) throw new Error(placed.refused);
  return (await orders.find(asked.key)) ?? placed;
};

test('an order is placed once for its key, and asked about by it', async () => {
  const asked = order();
  expect(await followed(asked)).toEqual({
    ...{
      id: expect.any(String) as string,
      type: 'buy',
      symbol: 'AMZN',
      qty: '3',
      status: 'filled',
      isOver: true,
    },
    filled: { qty: '3', price: '226.6733333', at: expect.any(Date) as Date },
  });
  expect(await followed(asked)).toMatchObject({ status: 'filled' });
  expect(ordersOf(asked.key)).toMatchObject([
    { side: 'buy', qty: '3', type: 'market', time_in_force: 'day', client_order_id: asked.key },
  ]);
  expect(await orders.find('another')).toBeUndefined();
});

test('eight attempts at one order at once are one order', async () => {
  const asked = order();
  const ids = await Promise.all(Array.from({ length: 8 }, async () => (await followed(asked)).id));
  expect(new Set(ids).size).toBe(1);
  expect(ordersOf(asked.key)).toHaveLength(1);
});

test('what is not filled of an order is canceled', async () => {
  fake.set({ liquidity: 2 });
  const asked = order();
  const status = await followed(asked);
  expect(status).toMatchObject({ status: 'partially_filled', isOver: false, filled: { qty: '2' } });
  await orders.cancel(status);
  expect(await orders.find(asked.key)).toMatchObject({
    status: 'canceled',
    isOver: true,
    filled: { qty: '2' },
  });
});

test.each([
  ['buying-power', {}, { buyingPower: 10 }, 'insufficient buying power'],
  ['insufficient-shares', { type: 'sell' as const, symbol: 'SHRT' }, {}, 'insufficient qty available'],
  ['rejected', { symbol: 'NONE' }, {}, 'asset "NONE" not found'],
])('%s: %j, %j', async (limit, change, conditions, reason) => {
  fake.set(conditions);
  const refused = expect.stringContaining(reason) as string;
  expect(await orders.place(order(change))).toEqual({ limit, refused });
});

test('the market says when it opens, and which account it is', async () => {
  expect(await market.opensAt()).toBeUndefined();
  fake.set({ isOpen: false });
  expect(await market.opensAt()).toEqual(new Date('2026-01-06T14:30:00Z'));
  expect(await market.venue()).toBe('alpaca-paper PA1');
});

test.each([
  ['BrokerUnavailableError', { throttled: 1 }, '429, code 42910000: rate limit exceeded'],
  ['BrokerError', { nonsense: { is_open: 'maybe' } }, 'the clock is not as documented'],
])('%s: %j', async (name, conditions, words) => {
  fake.set(conditions);
  const failure = market.opensAt();
  await expect(failure).rejects.toMatchObject({ name });
  await expect(failure).rejects.toThrow(words);
});

test('keys that are refused are reported without being shown', async () => {
  fake.keys = { keyId: 'other', secretKey: 'other' };
  const failure = market.quote('AMZN', new Date());
  await expect(failure).rejects.toMatchObject({ name: 'BrokerKeysError' });
  await expect(failure).rejects.not.toThrow(new RegExp(`${KEYS.keyId}|${KEYS.secretKey}`));
});

test('a broker that is down is not a refusal', async () => {
  const away = alpacaMarket('paper', (work) =>
    work(new Broker({ ...KEYS, tradingUrl: 'http://127.0.0.1:9', dataUrl: url, feed: 'iex' })),
  );
  const placed = (away.orders as OrdersAtBroker).place(order());
  await expect(placed).rejects.toMatchObject({ name: 'BrokerUnavailableError' });
});
