import { MongoClient, type Db } from 'mongodb';
import type { Book } from '../../functions/ledger/book.ts';
import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { wouldRefuse } from '../../functions/ledger/trade.ts';
import { filledAtOnce } from '../support/broker/plans.ts';
import type { CoursePlan } from '../support/broker/types.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { answerOf, startTestApp } from '../support/local-app.ts';
import { TradingDesk } from '../support/trading-desk.ts';

let desks: TradingDesk;
beforeEach(async () => {
  desks = await TradingDesk.open();
});
afterEach(() => desks.close());

const said = (answer: TradeDocument | Refusal) =>
  'refused' in answer ? answer.limit : `${answer.type} ${String(answer.qty)}`;

/** An order whose process dies once it is decided, or once it is let go: no answer comes any more. */
const diesAt = (what: 'the look' | 'the next write', desk: ReturnType<TradingDesk['at']>['desk']) => {
  const { books } = desk;
  const dead = () => new Promise<never>(() => undefined);
  if (what === 'the look') Object.assign(books, { others: dead });
  else {
    const replace = books.replace.bind(books);
    let writes = 0;
    Object.assign(books, {
      replace: (...of: Parameters<typeof replace>) => (writes++ ? dead() : replace(...of)),
    });
  }
};

describe('gross exposure', () => {
  test('is that of all symbols together, and a way out is not in its way', async () => {
    desks.limits = { allowShortSelling: false, maxGrossExposure: '1000' };
    const at = desks.at(new Scene());
    expect(said(await at.order({ symbol: 'AMZN', qty: '6' }))).toBe('buy 6');
    expect(said(await at.order({ symbol: 'MSFT', qty: '5' }))).toBe('gross-exposure');
    expect(said(await at.order({ symbol: 'MSFT', qty: '4' }))).toBe('buy 4');
    expect(said(await at.order({ symbol: 'WHOL', qty: '1' }))).toBe('gross-exposure');
    expect(said(await at.order({ symbol: 'AMZN', type: 'sell', qty: '6' }))).toBe('sell 6');
    expect(said(await at.order({ symbol: 'WHOL', qty: '6' }))).toBe('buy 6');
  });

  test('is asked about without a trace', async () => {
    desks.limits = { maxGrossExposure: '1000' };
    const at = desks.at(new Scene());
    expect(said(await at.order({ qty: '6' }))).toBe('buy 6');
    const before = await desks.ledger().books.find().toArray();
    expect(await wouldRefuse(at.desk, desks.asked({ qty: '5' }))).toMatchObject({ limit: 'gross-exposure' });
    expect(await wouldRefuse(at.desk, desks.asked({ qty: '4' }))).toBeUndefined();
    expect(await desks.ledger().books.find().toArray()).toEqual(before);
  });

  test('counts what is sold short, and what an order that is open at the broker may still buy', async () => {
    desks.limits = { allowShortSelling: true, maxGrossExposure: '1000' };
    const staysOpen: CoursePlan = () => ({ steps: [], cancel: { afterMs: 0, refused: true } });
    const courses: CoursePlan = (order) => (order.symbol === 'AMZN' ? staysOpen : filledAtOnce)(order);
    const accounts = [{ ...PAPER, shortingEnabled: true, multiplier: '2' as const }];
    const scene = new Scene({ courses, accounts });
    const at = desks.at(scene);
    expect(await at.order({ symbol: 'MSFT', type: 'sell', qty: '3' })).toMatchObject({ type: 'sell' });
    await expect(at.order({ key: 'open', qty: '6' })).rejects.toThrow(/not known|looks at it again/);
    expect(said(await at.order({ symbol: 'WHOL', qty: '2' }))).toBe('gross-exposure');
    expect(said(await at.order({ symbol: 'WHOL', qty: '1' }))).toBe('buy 1');
  });
});

describe('an order whose attempt died', () => {
  for (const where of ['the look', 'the next write'] as const) {
    test(`at ${where} takes no room for good, and is let go once for its key`, async () => {
      desks.limits = { maxGrossExposure: '1000' };
      const scene = new Scene();
      const dying = desks.at(scene);
      diesAt(where, dying.desk);
      void dying.order({ key: 'dies', qty: '6' });
      for (let turn = 0; turn < 200 && !(await desks.book())?.orders.length; turn++)
        await new Promise(setImmediate);
      expect((await desks.book()).orders).toMatchObject([{ key: 'dies', state: 'decided' }]);
      scene.pass(6_000);
      expect(said(await desks.at(scene).order({ symbol: 'MSFT', qty: '8' }))).toBe('buy 8');
      expect(said(await desks.at(scene).order({ key: 'dies', qty: '6' }))).toBe('gross-exposure');
      expect(scene.engine.orders('PA1')).toHaveLength(1);
    });
  }
});

describe('orders a day', () => {
  test('are those that were let go, of all symbols, on their own day', async () => {
    desks.limits = { allowShortSelling: false, maxDailyOrders: 2, timeZone: 'America/New_York' };
    const scene = new Scene();
    const at = desks.at(scene);
    expect(said(await at.order({ symbol: 'AMZN' }))).toBe('buy 3');
    expect(said(await at.order({ symbol: 'AMZN', qty: '0.5', type: 'sell' }))).toBe('sell 0.5');
    expect(said(await at.order({ symbol: 'MSFT' }))).toBe('daily-orders');
    expect(said(await at.order({ symbol: 'AMZN', type: 'sell' }))).toBe('sell 2.5');
    scene.pass(24 * 3_600_000);
    expect(said(await at.order({ symbol: 'MSFT' }))).toBe('buy 3');
  });
});

describe('the loss of a day', () => {
  test('halts trading by itself once it is reached, and says so', async () => {
    desks.limits = { allowShortSelling: false, maxDailyLoss: '30' };
    const prices: Record<string, string> = {};
    const scene = new Scene({ price: (symbol) => prices[symbol] ?? '100' });
    const at = desks.at(scene);
    expect(said(await at.order({ symbol: 'AMZN', qty: '10' }))).toBe('buy 10');
    expect(said(await at.order({ symbol: 'MSFT', qty: '10' }))).toBe('buy 10');
    prices['AMZN'] = '97.01';
    expect(said(await at.order({ type: 'sell', qty: '10', price: '97.01' }))).toBe('sell 10');
    expect(said(await at.order({ symbol: 'MSFT', type: 'sell', qty: '1' }))).toBe('sell 1');
    prices['MSFT'] = '99.90';
    expect(said(await at.order({ symbol: 'MSFT', type: 'sell', qty: '1', price: '99.90' }))).toBe('sell 1');
    const refused = await at.order({ symbol: 'MSFT', type: 'sell', qty: '1' });
    expect(refused).toMatchObject({
      limit: 'halted',
      refused: expect.stringMatching(/loss of the day is 30\.00 dollars.*maxDailyLoss/) as string,
    });
    for (const book of await desks.ledger().books.find().toArray()) expect(book.halted).toBeDefined();
  });
});

describe('many processes', () => {
  const BUY = 'OrbitsTrader-buy-stock';
  const LIMITS = JSON.stringify({ maxGrossExposure: '10000', maxDailyOrders: 40 });
  let app: Awaited<ReturnType<typeof startTestApp>>;
  let client: MongoClient;
  let db: Db;
  beforeAll(async () => {
    app = await startTestApp({ overrides: { [BUY]: { LIMITS } } });
    client = await new MongoClient(app.mongodbUri).connect();
    db = client.db(app.database);
  });
  afterAll(async () => {
    await client.close();
    await app.close();
  });

  test('can not exceed the limits of the account together, each with symbols of its own', async () => {
    let next = 0;
    const processes = new Set<number>();
    let victims = 4;
    const limits = new Set<string>();
    const lane = async () => {
      for (let order = next++; order < 64; order = next++) {
        const event = {
          symbol: `S${order % 16}`,
          qty: 3,
          stock_price: '100.00',
          idempotencyKey: `order ${order}`,
        };
        const once = () => app.invoke(BUY, event).then((answer) => answerOf<{ limit?: string }>(answer));
        // An order whose process died is asked for again under its key, as the orchestrator does.
        let answer = await once().catch(() => undefined);
        while (!answer) answer = await once().catch(() => undefined);
        if (answer.limit) limits.add(answer.limit);
        const alive = app.functions.pids(BUY);
        for (const pid of alive) processes.add(pid);
        if (victims > 0 && alive.length >= 8) process.kill(alive[--victims]!, 'SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    const trades = await db.collection<TradeDocument>('trades').find().toArray();
    const books = await db
      .collection<Book>('books')
      .find({ version: { $exists: true } })
      .toArray();
    const shares = trades.reduce((sum, { qty }) => sum + Number(qty), 0);
    console.log(`64 orders of 300 dollars by ${processes.size} processes: ${shares * 100} of 10000 dollars`);
    expect(processes.size).toBeGreaterThanOrEqual(8);
    expect(victims).toBe(0);
    // The one that fits is let go: no order is refused for another one's sake that is refused too.
    expect(shares).toBe(99);
    expect([...limits]).toEqual(['gross-exposure']);
    expect(books.flatMap(({ orders }) => orders).filter(({ state }) => state === 'decided')).toEqual([]);
  });
});
