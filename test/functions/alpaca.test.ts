import { alpacaMarket } from '../../functions/market/alpaca/alpaca.ts';
import { Broker } from '../../functions/market/alpaca/broker.ts';
import type { MarketOrder } from '../../functions/market/market.ts';
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

const market = alpacaMarket((work) =>
  work(new Broker({ ...KEYS, tradingUrl: url, dataUrl: url, feed: 'iex' })),
);

let keys = 0;
const order = (change: Partial<MarketOrder> = {}): MarketOrder => ({
  ...{ key: `key-${keys++}`, type: 'buy', symbol: 'AMZN', qty: 3, price: '226.00' },
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
  const reason = expect.stringContaining(words) as string;
  expect(await market.execute(order({ symbol }))).toEqual({ outcome: 'refused', limit: 'rejected', reason });
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

test('an order is placed once for its key, and answered with its trade', async () => {
  const asked = order();
  const filled = await market.execute(asked);
  expect(filled).toEqual({
    outcome: 'filled',
    qty: 3,
    price: '226.6733333',
    at: expect.any(Date) as Date,
  });
  expect(await market.execute(asked)).toEqual(filled);
  expect(ordersOf(asked.key)).toMatchObject([
    { side: 'buy', qty: '3', type: 'market', time_in_force: 'day', client_order_id: asked.key },
  ]);
  expect(await market.holds(asked.key)).toBe(true);
  expect(await market.holds('another')).toBe(false);
});

test('eight attempts at one order at once are one order', async () => {
  const asked = order();
  const answers = await Promise.all(Array.from({ length: 8 }, () => market.execute(asked)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(ordersOf(asked.key)).toHaveLength(1);
});

test('an order whose answer was lost is found by the next attempt, also when the market has closed since', async () => {
  const asked = order();
  fake.set({ lostAnswers: 1 });
  await expect(market.execute(asked)).rejects.toMatchObject({ name: 'BrokerUnavailableError' });
  fake.set({ isOpen: false });
  expect(await market.execute(asked)).toMatchObject({ outcome: 'filled', qty: 3 });
  expect(ordersOf(asked.key)).toHaveLength(1);
});

test('an order that is filled in part has its rest canceled', async () => {
  fake.set({ liquidity: 2 });
  const asked = order();
  expect(await market.execute(asked)).toMatchObject({ outcome: 'filled', qty: 2, price: '226.6733333' });
  expect(ordersOf(asked.key)).toMatchObject([{ status: 'canceled', filled_qty: '2' }]);
});

test('an order of which nothing is filled is canceled, and refused', async () => {
  fake.set({ liquidity: 0 });
  const asked = order();
  expect(await market.execute(asked)).toMatchObject({ outcome: 'refused', limit: 'not-filled' });
  expect(await market.holds(asked.key)).toBe(false);
});

test.each([
  ['market-closed', {}, { isOpen: false }, 'the market is closed until 2026-01-06T14:30:00.000Z'],
  ['buying-power', {}, { buyingPower: 10 }, 'insufficient buying power'],
  ['insufficient-shares', { type: 'sell' as const, symbol: 'SHRT' }, {}, 'insufficient qty available'],
  ['rejected', { symbol: 'NONE' }, {}, 'asset "NONE" not found'],
  ['rejected', {}, { endsAs: 'rejected' as const }, 'the broker rejected the order'],
  ['not-filled', {}, { endsAs: 'expired' as const }, 'was expired before any of it was filled'],
])('%s: %j, %j', async (limit, change, conditions, reason) => {
  fake.set(conditions);
  expect(await market.execute(order(change))).toEqual({
    outcome: 'refused',
    limit,
    reason: expect.stringContaining(reason) as string,
  });
});

test.each([
  ['BrokerUnavailableError', { throttled: 1 }, '429, code 42910000: rate limit exceeded'],
  ['BrokerError', { nonsense: { is_open: 'maybe' } }, 'the clock is not as documented'],
])('%s: %j', async (name, conditions, words) => {
  fake.set(conditions);
  const failure = market.execute(order());
  await expect(failure).rejects.toMatchObject({ name });
  await expect(failure).rejects.toThrow(words);
});

test('keys that are refused are reported without being shown', async () => {
  fake.keys = { keyId: 'other', secretKey: 'other' };
  const failure = market.quote('AMZN', new Date());
  await expect(failure).rejects.toMatchObject({ name: 'BrokerKeysError' });
  await expect(failure).rejects.not.toThrow(new RegExp(`${KEYS.keyId}|${KEYS.secretKey}`));
});

test('a key that stands for another order is refused', async () => {
  const asked = order();
  await market.execute(asked);
  await expect(market.execute({ ...asked, qty: 5 })).rejects.toMatchObject({ name: 'OrderConflictError' });
  expect(ordersOf(asked.key)).toHaveLength(1);
});

test('a broker that is down is not a refusal', async () => {
  const away = alpacaMarket((work) =>
    work(new Broker({ ...KEYS, tradingUrl: 'http://127.0.0.1:9', dataUrl: url, feed: 'iex' })),
  );
  await expect(away.execute(order())).rejects.toMatchObject({ name: 'BrokerUnavailableError' });
});
