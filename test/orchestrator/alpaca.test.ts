import { MongoClient } from 'mongodb';
import { answers } from '../support/answers.ts';
import { FakeBroker, KEYS } from '../support/fake-broker.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// The bundles of market=alpaca, against a small fake of the broker's documented endpoints.
const fake = new FakeBroker();
let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
beforeAll(async () => {
  const url = await fake.listen();
  const broker = { ALPACA_TRADING_URL: url, ALPACA_DATA_URL: url };
  app = await startTestApp({
    context: { market: 'alpaca' },
    brokerKeys: KEYS,
    overrides: {
      'OrbitsTrader-check-stock-price': broker,
      'OrbitsTrader-check-market-hours': broker,
      'OrbitsTrader-buy-stock': broker,
      'OrbitsTrader-sell-stock': broker,
      // The broker's price is 226.6789.
      'OrbitsTrader-generate-buy-sell-recommendation': { SELL_ABOVE: '1000.00' },
    },
  });
  client = await new MongoClient(app.mongodbUri).connect();
});
afterAll(async () => {
  await client.close();
  await app.close();
  await fake.close();
});
beforeEach(() => fake.set());

const run = async (symbol: string) => {
  const event = { symbols: [symbol], idempotencyKey: 'key' };
  return answers.report.parse(answerOf(await app.invoke(ORCHESTRATOR, event))).runs[0]!;
};
const trades = (symbol: string) => client.db(app.database).collection('trades').find({ symbol }).toArray();
/** The idempotency key, without the ledger's name. */
const idOf = (order: { client_order_id: string } | undefined) =>
  /^[0-9a-f]{12}-(.+)$/.exec(order!.client_order_id)![1];
const orders = (symbol: string) => fake.orders.filter((order) => order.symbol === symbol);

test('a run buys: one order with its key, one trade at the price that was paid', async () => {
  const { state, result, steps } = await run('BUYS');
  expect(state).toBe('SUCCESS');
  expect(steps.map(({ ref }) => ref)).toContain('check-limits');
  const [placed] = orders('BUYS');
  expect(result).toMatchObject({
    id: idOf(placed),
    type: 'buy',
    qty: '1',
    price: '226.6733333',
  });
  expect(await run('BUYS')).toMatchObject({ result });
  expect(orders('BUYS')).toHaveLength(1);
  expect(await trades('BUYS')).toHaveLength(1);
});

test("the market's hours are from the broker's calendar", async () => {
  const at = '2026-11-26T15:00:00Z';
  expect(answerOf(await app.invoke('OrbitsTrader-check-market-hours', { at }))).toEqual({
    ...{ is_open: false, opens_at: '2026-11-27T14:30:00.000Z', closes_at: '2026-11-27T18:00:00.000Z' },
  });
});

test.each([
  ['CLSD', 'market-closed', { isOpen: false }],
  ['POOR', 'buying-power', { buyingPower: 1 }],
])('a run of %s is refused, on record: %s', async (symbol, limit, conditions) => {
  fake.set(conditions);
  expect(await run(symbol)).toMatchObject({ state: 'SUCCESS', result: { limit } });
  expect(orders(symbol)).toEqual([]);
  expect(await trades(symbol)).toEqual([]);
});

test('a run whose answer is lost after the order was placed: one order, one trade', async () => {
  fake.set({ lostAnswers: 1 });
  const { state, result, steps } = await run('LOST');
  expect(state).toBe('SUCCESS');
  expect(steps.at(-1)).toMatchObject({ ref: 'buy-stock', attempts: 2 });
  expect(orders('LOST')).toHaveLength(1);
  expect(await trades('LOST')).toHaveLength(1);
  expect(result).toMatchObject({ id: idOf(orders('LOST')[0]), qty: '1' });
});

test('a run that comes while the broker limits requests is tried again', async () => {
  fake.set({ throttled: 2 });
  expect(await run('BUSY')).toMatchObject({ state: 'SUCCESS', result: { type: 'buy' } });
});

test('what is not held is not sold, unless that is allowed', async () => {
  const event = { symbol: 'SHRT', stock_price: '226.67', qty: 1, idempotencyKey: 'short' };
  expect(answerOf(await app.invoke('OrbitsTrader-sell-stock', event))).toMatchObject({
    limit: 'short-selling',
  });
});

test('no key of the account is in any log', () => {
  expect(app.logs.length).toBeGreaterThan(0);
  expect(app.logs.join('\n')).not.toMatch(new RegExp(`${KEYS.keyId}|${KEYS.secretKey}`));
});
