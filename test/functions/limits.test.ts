import { MongoClient, type Db } from 'mongodb';
import type { StockTransaction } from '../../functions/contracts/stock.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { answerOf, startTestApp } from '../support/local-app.ts';

// This market's prices end at 200.00, so that 50 shares at a price of now are within every amount.
const LIMITS = JSON.stringify({
  maxOrderQuantity: 50,
  maxOrderValue: '10000.00',
  maxDailyQuantity: 150,
  maxDailyValue: '40000.00',
  maxPosition: 100,
  allowShortSelling: false,
  maxPriceAgeMinutes: 5,
  maxPriceMovePercent: '20',
  timeZone: 'UTC',
});
const BUY = 'OrbitsTrader-buy-stock';
const SELL = 'OrbitsTrader-sell-stock';

let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
let db: Db;
beforeAll(async () => {
  app = await startTestApp({ overrides: { [BUY]: { LIMITS }, [SELL]: { LIMITS } } });
  client = await new MongoClient(app.mongodbUri).connect();
  db = client.db(app.database);
});
afterAll(async () => {
  await client.close();
  await app.close();
});

type Answer = StockTransaction | Refusal;

let keys = 0;
const newKey = () => `key-${keys++}`;

async function quote(symbol: string) {
  const answer = await app.invoke('OrbitsTrader-check-stock-price', { symbol });
  const { stock_price, as_of } = answerOf<{ stock_price: string; as_of: string }>(answer);
  return { stock_price, priced_at: as_of };
}

/** An order at the market's price of now, unless it is changed. */
async function order(name: string, symbol: string, qty: number, change: object = {}): Promise<Answer> {
  const event = { symbol, qty, ...(await quote(symbol)), idempotencyKey: newKey(), ...change };
  return answerOf(await app.invoke(name, event));
}
const buy = (symbol: string, qty: number, change?: object) => order(BUY, symbol, qty, change);
const sell = (symbol: string, qty: number, change?: object) => order(SELL, symbol, qty, change);

const sharesOf = async (symbol: string) => {
  const trades = await db.collection('trades').find({ symbol }).toArray();
  return trades.reduce((sum, { type, qty }) => sum + (type === 'buy' ? 1 : -1) * Number(qty), 0);
};

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

test('an order up to each limit is let through', async () => {
  expect(await buy('FITS', 50)).toMatchObject({ qty: '50', type: 'buy' });
  expect(await buy('FITS', 50)).toMatchObject({ qty: '50' });
  expect(await sell('FITS', 50)).toMatchObject({ qty: '50', type: 'sell' });
});

test.each([
  ['order-quantity', () => buy('MUCH', 51), 'an order of 51 shares would be above the limit of 50 shares'],
  [
    'order-value',
    () => buy('COST', 50, { stock_price: '200.01' }),
    'an order of 10000.50 dollars would be above the limit of 10000.00 dollars in an order',
  ],
  ['short-selling', () => sell('SHRT', 1), '0 shares of SHRT are there to be sold'],
  ['price-age', () => buy('AGED', 1, { priced_at: minutesAgo(6) }), 'a price of 6.0 minutes ago'],
  ['price-age', () => buy('AGED', 1, { priced_at: undefined }), 'does not say when'],
  ['price-move', () => buy('MOVE', 1, { stock_price: '1.00' }), 'a price that went from 1.00 to'],
])('%s: refused, in words, and nothing is traded', async (limit, ask, words) => {
  const answer = await ask();
  expect(answer).toMatchObject({ limit });
  expect((answer as Refusal).refused).toContain(words);
});

test('a position has its limit, and what makes it smaller is never in the way', async () => {
  await buy('HELD', 50);
  await buy('HELD', 40);
  expect(await buy('HELD', 11)).toMatchObject({ limit: 'position' });
  expect(await sell('HELD', 10)).toMatchObject({ qty: '10' });
  expect(await sharesOf('HELD')).toBe(80);
});

test('a day has its limits, which sales count towards, and which end with it', async () => {
  for (const trade of [buy, sell, buy]) expect(await trade('DAYS', 50)).toMatchObject({ qty: '50' });
  expect(await buy('DAYS', 1)).toMatchObject({ limit: expect.stringMatching(/^daily-/) as string });
  // Yesterday has come.
  await db.collection('books').updateOne({ _id: 'DAYS' as never }, { $set: { 'day.date': '2020-01-01' } });
  expect(await buy('DAYS', 1)).toMatchObject({ qty: '1' });
});

test('what is held can be sold, whatever the day has seen, and as much as is there', async () => {
  for (const trade of [buy, sell, buy]) expect(await trade('EXIT', 50)).toMatchObject({ qty: '50' });
  expect(await sell('EXIT', 20)).toMatchObject({ qty: '20' });
  const asked = { ...(await quote('EXIT')), idempotencyKey: newKey() };
  const sold = await sell('EXIT', 40, asked);
  expect(sold).toMatchObject({ qty: '30' });
  expect(await sell('EXIT', 40, asked)).toEqual(sold);
  expect(await sell('EXIT', 1)).toMatchObject({ limit: 'short-selling' });
});

test('a key that was refused stays refused for as long as a function may work on it', async () => {
  const idempotencyKey = newKey();
  const refused = await sell('SAME', 1, { idempotencyKey });
  await buy('SAME', 10);
  expect(await sell('SAME', 1, { idempotencyKey })).toEqual(refused);
  expect(await sell('SAME', 1)).toMatchObject({ qty: '1' });
});

test('a key that has traded is answered with its trade, whatever the limits are now', async () => {
  const event = { ...(await quote('FULL')), idempotencyKey: newKey() };
  const first = await buy('FULL', 50, event);
  await buy('FULL', 50);
  expect(await buy('FULL', 50)).toMatchObject({ limit: 'position' });
  expect(await buy('FULL', 50, event)).toEqual(first);
  expect(await sharesOf('FULL')).toBe(100);
});

test('a caller that only asks gets the same answer, and reserves nothing', async () => {
  const asked = { check_only: true };
  for (let i = 0; i < 5; i++) expect(await buy('ASKS', 50, asked)).toEqual({ allowed: true });
  expect(await buy('ASKS', 51, asked)).toMatchObject({ limit: 'order-quantity' });
  expect(await sharesOf('ASKS')).toBe(0);
  expect(await buy('ASKS', 50)).toMatchObject({ qty: '50' });
});

test('eight processes can not exceed a limit together, with four of them killed', async () => {
  const priced = await quote('RACE');
  const orders = Array.from({ length: 64 }, () => ({ ...priced, idempotencyKey: newKey() }));
  const queue = [...orders];
  const processes = new Set<number>();
  let victims = 4;
  const lane = async () => {
    for (let each = queue.shift(); each; each = queue.shift()) {
      // An order whose process died is asked for again under its key, as the orchestrator does.
      while ((await buy('RACE', 7, each).catch(() => undefined)) === undefined);
      const alive = app.functions.pids(BUY);
      for (const pid of alive) processes.add(pid);
      if (victims > 0 && alive.length >= 8) {
        victims -= 1;
        process.kill(alive[victims]!, 'SIGKILL');
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  const bought = await sharesOf('RACE');
  console.log(
    `64 orders of 7 shares by ${processes.size} processes, 4 of them killed: ${bought} shares of 100 allowed`,
  );
  expect(processes.size).toBeGreaterThanOrEqual(8);
  expect(victims).toBe(0);
  expect(bought).toBe(98);
});
