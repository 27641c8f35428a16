import { MongoClient, type Db } from 'mongodb';
import type { StockTransaction } from '../../functions/contracts/stock.ts';
import { answers } from '../support/answers.ts';
import { answerOf, errorOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

const LIMITS = JSON.stringify({ maxPosition: 2 });

let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
let db: Db;
beforeAll(async () => {
  app = await startTestApp({
    overrides: {
      [ORCHESTRATOR]: { CHECK_LIMITS: 'true', APPROVE_ABOVE: '199' },
      'OrbitsTrader-buy-stock': { LIMITS },
      'OrbitsTrader-sell-stock': { LIMITS },
    },
  });
  client = await new MongoClient(app.mongodbUri).connect();
  db = client.db(app.database);
});
afterAll(async () => {
  await client.close();
  await app.close();
});

const invoke = async (event: object) => answerOf<object>(await app.invoke(ORCHESTRATOR, event));
const run = async (symbol: string, key: string) =>
  answers.report.parse(await invoke({ symbols: [symbol], idempotencyKey: key })).runs[0]!;
const steps = (of: { steps: { ref: string }[] }) => of.steps.map(({ ref }) => ref);

describe('halt', () => {
  afterEach(() => invoke({ command: 'unhalt' }));

  test('has a run refused, on record, until trading goes on', async () => {
    const first = answers.trading.parse(await invoke({ command: 'halt', note: 'looking into it' }));
    const again = await invoke({ command: 'halt', note: 'still' });
    expect(again).toEqual(first);

    const refused = await run('HALT', 'halted');
    const words = `trading is halted since ${first.halted!.since}: looking into it`;
    expect(refused).toMatchObject({ state: 'SUCCESS', result: { refused: words, limit: 'halted' } });
    expect(await db.collection('trades').countDocuments({ symbol: 'HALT' })).toBe(0);

    expect(await invoke({ command: 'unhalt' })).toEqual({ halted: null });
    expect(await invoke({ command: 'unhalt' })).toEqual({ halted: null });
    expect(await run('HALT', 'halted')).toEqual(refused);
    expect((await run('HALT', 'on')).result).toMatchObject({ symbol: 'HALT', qty: '1' });
  });

  test('a trade that was made is still answered by its key', async () => {
    const order = { symbol: 'MADE', stock_price: '10.00', qty: 1, idempotencyKey: 'made' };
    const made = answerOf(await app.invoke('OrbitsTrader-buy-stock', order));
    await invoke({ command: 'halt' });
    expect(answerOf(await app.invoke('OrbitsTrader-buy-stock', order))).toEqual(made);
  });
});

describe('limits', () => {
  test('are asked about before the trade, and a refusal ends the run', async () => {
    // A simulated symbol stays above or below its threshold for a while: all of these trade the same way.
    const runs = [];
    for (const key of ['1', '2', '3']) runs.push(await run('LMTS', key));
    const way = runs[0]!.result as { type: string };
    expect(steps(runs[0]!)).toEqual([
      'check-stock-price',
      'generate-recommendation',
      'check-limits',
      `${way.type}-stock`,
    ]);
    expect(steps(runs[2]!)).toEqual(['check-stock-price', 'generate-recommendation', 'check-limits']);
    expect(runs[2]).toMatchObject({ state: 'SUCCESS', result: { limit: 'position' } });
    expect(await db.collection('trades').countDocuments({ symbol: 'LMTS' })).toBe(2);
  });
});

describe('positions and trades', () => {
  const trade = async (
    idempotencyKey: string,
    type: string,
    qty: number,
    stock_price: string,
    symbol = 'PSTN',
  ) => {
    const made = await app.invoke(`OrbitsTrader-${type}-stock`, { idempotencyKey, symbol, qty, stock_price });
    expect(answerOf(made)).toMatchObject({ id: idempotencyKey, qty: String(qty), price: stock_price });
    return answerOf<StockTransaction>(made).timestamp;
  };
  let from: string;

  beforeAll(async () => {
    await client.db(app.database).collection('books').deleteMany({});
    await client.db(app.database).collection('trades').deleteMany({});
    from = await trade('p 1', 'buy', 1, '10.00');
    await trade('p 2', 'buy', 1, '11.00');
    await trade('p 3', 'sell', 1, '12.345');
    await trade('c 1', 'buy', 1, '10.10', 'CLSD');
    await trade('c 2', 'sell', 1, '10.00', 'CLSD');
  });

  test('a position has its cost, its price of now and its profit', async () => {
    const { positions } = answers.positions.parse(
      await invoke({ command: 'positions', symbols: ['PSTN', 'CLSD', 'NONE'] }),
    );
    const price = positions[1]!.price!;
    // By hand: of two shares at (10 + 11) / 2 = 10.50 one was sold at 12.345.
    const cents = Math.round(Number(price) * 100) - 1050;
    expect(positions).toEqual([
      {
        symbol: 'CLSD',
        qty: '0',
        averageCost: '0.00',
        realized: '-0.10',
        price: null,
        unrealized: '0.00',
      },
      {
        symbol: 'PSTN',
        qty: '1',
        averageCost: '10.50',
        realized: '1.845',
        price: expect.stringMatching(/^\d+\.\d\d$/) as string,
        unrealized: (cents / 100).toFixed(2),
      },
    ]);
  });

  test('trades come in pages, the newest first, and each once', async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const event = { command: 'trades', from, limit: 3 };
      const page = answers.trades.parse(await invoke({ ...event, ...(cursor !== null && { cursor }) }));
      ids.push(...page.trades.map(({ id }) => id));
      ({ cursor } = page);
    } while (cursor !== null);
    expect(ids).toEqual(['c 2', 'c 1', 'p 3', 'p 2', 'p 1']);
  });

  test('positions come in pages by symbol', async () => {
    const first = answers.positions.parse(await invoke({ command: 'positions', limit: 1 }));
    expect(first).toMatchObject({ positions: [{ symbol: 'CLSD' }], cursor: 'CLSD' });
    const next = answers.positions.parse(await invoke({ command: 'positions', limit: 1, cursor: 'CLSD' }));
    expect(next.positions[0]!.symbol).not.toBe('CLSD');
  });

  test('a cursor of something else is refused', async () => {
    const { errorType } = errorOf(await app.invoke(ORCHESTRATOR, { command: 'trades', cursor: 'x' }));
    expect(errorType).toBe('InvalidEventError');
  });
});
