import { MongoClient } from 'mongodb';
import type { StockTransaction } from '../../functions/contracts/stock.ts';
import { answerOf, errorOf, startTestApp } from '../support/local-app.ts';

let app: Awaited<ReturnType<typeof startTestApp>>;
let mongodb: MongoClient;

beforeAll(async () => {
  app = await startTestApp();
  mongodb = await new MongoClient(app.mongodbUri).connect();
});
afterAll(async () => {
  await mongodb.close();
  await app.close();
});

const invoke = (name: string, event: unknown) => app.invoke(`OrbitsTrader-${name}`, event);
const order = (key: string) => ({ symbol: 'AMZN', stock_price: '101.50', qty: 2, idempotencyKey: key });
const tradesOf = (key: string) =>
  mongodb
    .db(app.database)
    .collection('trades')
    .countDocuments({ _id: key as never });

describe('check-stock-price', () => {
  test('answers the price as of an instant', async () => {
    const event = { symbol: 'AMZN', at: '2026-01-05T12:00:00Z' };
    expect(answerOf(await invoke('check-stock-price', event))).toEqual({
      stock_price: '85.83',
      as_of: '2026-01-05T12:00:00.000Z',
    });
  });

  test.each([
    [{ symbol: 'AM ZN' }, 'a symbol is 1 to 10 letters'],
    [{ symbol: 'AMZN', at: 'yesterday' }, 'an instant is an ISO 8601 time in UTC'],
    [{ symbol: 'AMZN', colour: 'red' }, 'Unrecognized key: "colour"'],
    [null, 'expected object, received null'],
  ])('refuses %j', async (event, reason) => {
    const error = errorOf(await invoke('check-stock-price', event));
    expect(error.errorType).toBe('InvalidRequestError');
    expect(error.errorMessage).toContain(reason);
  });
});

describe('check-market-hours', () => {
  test.each([
    ['2026-11-25T15:00:00Z', true, '2026-11-25T14:30:00.000Z', '2026-11-25T21:00:00.000Z'],
    ['2026-11-26T15:00:00Z', false, '2026-11-27T14:30:00.000Z', '2026-11-27T18:00:00.000Z'],
  ])("at %s answers NYSE's session", async (at, is_open, opens_at, closes_at) => {
    expect(answerOf(await invoke('check-market-hours', { at }))).toEqual({ is_open, opens_at, closes_at });
  });

  test('without an instant is of now', async () => {
    const { closes_at } = answerOf<{ closes_at: string }>(await invoke('check-market-hours', {}));
    expect(Date.parse(closes_at)).toBeGreaterThan(Date.now());
  });
});

describe('generate-buy-sell-recommendation', () => {
  test.each([
    ['100.0001', 'sell'],
    ['100.00', 'buy'],
    ['99.99', 'buy'],
  ])('recommends at %s to %s', async (price, recommendation) => {
    expect(answerOf(await invoke('generate-buy-sell-recommendation', { stock_price: price }))).toBe(
      recommendation,
    );
  });

  test.each([[100.5], ['-1'], ['0.00'], ['1e3'], ['1.00001']])('refuses the price %j', async (price) => {
    const error = errorOf(await invoke('generate-buy-sell-recommendation', { stock_price: price }));
    expect(error.errorMessage).toContain('decimal string such as "101.25"');
  });
});

describe.each(['buy', 'sell'])('%s-stock', (type) => {
  test('trades once for a key, and answers the first trade ever after', async () => {
    const key = `${type}-twice`;
    const first = answerOf<StockTransaction>(await invoke(`${type}-stock`, order(key)));
    expect(first).toEqual({
      id: key,
      symbol: 'AMZN',
      price: '101.50',
      type,
      qty: '2',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
    expect(answerOf(await invoke(`${type}-stock`, order(key)))).toEqual(first);
    expect(await tradesOf(key)).toBe(1);
  });

  test('trades once when one order comes eight times at once', async () => {
    const key = `${type}-together`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => invoke(`${type}-stock`, order(key))));
    const trades = answers.map((answer) => answerOf<StockTransaction>(answer));
    expect(new Set(trades.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(await tradesOf(key)).toBe(1);
  });

  test('takes a key of 128 characters, whatever they take in UTF-16', async () => {
    const key = `${type === 'buy' ? '📈' : '📉'}`.repeat(128);
    expect(answerOf<StockTransaction>(await invoke(`${type}-stock`, order(key))).id).toBe(key);
    expect(await tradesOf(key)).toBe(1);
  });

  test.each([
    ['symbol', { symbol: 'MSFT' }],
    ['price', { stock_price: '101.51' }],
    ['qty', { qty: 3 }],
  ])('refuses a key that comes back with another %s', async (field, change) => {
    const key = `${type}-other-${field}`;
    await invoke(`${type}-stock`, order(key));
    const error = errorOf(await invoke(`${type}-stock`, { ...order(key), ...change }));
    expect(error.errorType).toBe('IdempotencyConflictError');
    expect(error.errorMessage).toContain(`${field} ${Object.values(change)[0]} instead of`);
    expect(await tradesOf(key)).toBe(1);
  });

  test.each([
    ['no key', { idempotencyKey: undefined }],
    ['an empty key', { idempotencyKey: '' }],
    ['an overlong key', { idempotencyKey: 'k'.repeat(129) }],
    ['a key of 129 characters outside the BMP', { idempotencyKey: '📈'.repeat(129) }],
    ['half a character in the key', { idempotencyKey: '\ud800' }],
    ['a control character in the key', { idempotencyKey: 'a\nb' }],
    ['what a decoder left of a byte in the key', { idempotencyKey: 'caf\ufffd' }],
    ['no shares', { qty: 0 }],
    ['half a share as a float', { qty: 0.5 }],
    ['ten decimals', { qty: '0.0000000001' }],
  ])('refuses %s', async (_, change) => {
    const error = errorOf(await invoke(`${type}-stock`, { ...order('never'), ...change }));
    expect(error.errorType).toBe('InvalidRequestError');
    expect(await tradesOf('never')).toBe(0);
  });
});

test('a key that has bought cannot sell', async () => {
  await invoke('buy-stock', order('both-ways'));
  const error = errorOf(await invoke('sell-stock', order('both-ways')));
  expect(error.errorMessage).toContain('type sell instead of buy');
});
