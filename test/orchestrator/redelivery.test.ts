import { MongoClient } from 'mongodb';
import type { Report } from '../../orchestrator/protocol/report.ts';
import type { StockTransaction } from '../../functions/contracts/stock.ts';
import { answerOf, errorOf, ORCHESTRATOR, startTestApp, temporaryFolder } from '../support/local-app.ts';

type App = Awaited<ReturnType<typeof startTestApp>>;

const recommendation = 'OrbitsTrader-generate-buy-sell-recommendation';
const alwaysBuy = { [recommendation]: { SELL_ABOVE: '1000000' } };
const alwaysSell = { [recommendation]: { SELL_ABOVE: '0.01' } };

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function withApp<T>(
  overrides: Record<string, Record<string, string>>,
  work: (app: App) => Promise<T>,
): Promise<T> {
  const app = await startTestApp({ dataDir: folder.path, overrides });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

async function inDatabase<T>(app: App, work: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
  const client = await new MongoClient(app.mongodbUri).connect();
  try {
    return await work(client.db(app.database));
  } finally {
    await client.close();
  }
}

const invoke = async (app: App, event: unknown) =>
  answerOf<Report>(await app.invoke(app.orchestrator, event));
const trades = (app: App) => inDatabase(app, (db) => db.collection('trades').find({}).toArray());
const forgetRuns = (app: App) => inDatabase(app, (db) => db.collection('actions').deleteMany({}));
const tick = { command: 'tick', scheduledTime: '2026-01-05T14:30:00Z' };

/** The orchestrator with a limit to a tick's age. */
const limit = (minutes: string) => ({ [ORCHESTRATOR]: { MAX_TICK_AGE_MINUTES: minutes } });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

describe('a tick that comes late', () => {
  test('is recorded as skipped, with the reason, and trades nothing', async () => {
    const late = { command: 'tick', scheduledTime: minutesAgo(34) };
    await withApp(limit('15'), async (app) => {
      const report = await invoke(app, late);
      expect(report.runs).toMatchObject([
        {
          state: 'SUCCESS',
          result: { skipped: 'the tick came 34 minutes late; the limit is 15' },
          steps: [],
        },
      ]);
      expect(await invoke(app, late)).toEqual(report);
      expect(await trades(app)).toEqual([]);
    });
  });

  test('and says so is taken at the price of now, once, under the same key', async () => {
    const scheduledTime = minutesAgo(34);
    const late = { command: 'tick', scheduledTime, late: true };
    const before = Date.now();
    await withApp({ ...limit('15'), ...alwaysBuy }, async (app) => {
      const report = await invoke(app, late);
      expect(report.runs).toMatchObject([
        { key: `trading/AMZN/${scheduledTime}`, state: 'SUCCESS', result: { symbol: 'AMZN', type: 'buy' } },
      ]);
      const stored = await inDatabase(app, (db) =>
        db.collection('actions').findOne({ actionRef: 'trading' }),
      );
      const { at } = stored!['argument'] as { at: string };
      expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
      expect(await invoke(app, late)).toEqual(report);
      expect(await invoke(app, { command: 'tick', scheduledTime })).toEqual(report);
      expect(await trades(app)).toHaveLength(1);
    });
  });

  test('and was skipped stays skipped: its key is on record', async () => {
    const event = { command: 'tick', scheduledTime: minutesAgo(34) };
    await withApp(limit('15'), async (app) => {
      const skipped = await invoke(app, event);
      expect(await invoke(app, { ...event, late: true })).toEqual(skipped);
      expect(await trades(app)).toEqual([]);
    });
  });

  test('again, having come in time before, gives the run that is there', async () => {
    const event = { command: 'tick', scheduledTime: minutesAgo(14) };
    const first = await withApp(limit('15'), (app) => invoke(app, event));
    expect(first.runs).toMatchObject([{ state: 'SUCCESS', result: { symbol: 'AMZN' } }]);
    expect(await withApp(limit('5'), (app) => invoke(app, event))).toEqual(first);
  });
});

test('one invocation runs every symbol, in the order of the list, and omits none', async () => {
  const symbols = Array.from({ length: 25 }, (_, index) => `S${index}`);
  await withApp({}, async (app) => {
    const { runs } = await invoke(app, { symbols, idempotencyKey: 'all' });
    expect(runs.map(({ symbol, state }) => `${symbol} ${state}`)).toEqual(symbols.map((s) => `${s} SUCCESS`));
    expect(await trades(app)).toHaveLength(25);
  });
});

describe('a tick', () => {
  test('that is delivered again gives the run that is there', async () => {
    await withApp({}, async (app) => {
      const first = await invoke(app, tick);
      expect(first).toMatchObject({ tick: tick.scheduledTime, runs: [{ state: 'SUCCESS' }] });
      expect(await invoke(app, tick)).toEqual(first);
      expect(await trades(app)).toHaveLength(1);
    });
  });

  test('that is delivered several times at once makes one run and one trade', async () => {
    await withApp({}, async (app) => {
      const reports = await Promise.all([1, 2, 3, 4].map(() => invoke(app, tick)));
      const states = reports.map(({ runs }) => runs[0]!.state);
      expect(states).toContain('SUCCESS');
      expect(states).not.toContain('ERROR');
      expect(new Set(reports.map(({ runs }) => runs[0]!.id)).size).toBe(1);
      expect(await trades(app)).toHaveLength(1);
    });
  });

  test('that comes back after its run was cleaned away gives the first trade', async () => {
    await withApp({}, async (app) => {
      const first = await invoke(app, tick);
      await forgetRuns(app);
      const again = await invoke(app, tick);
      expect(again.runs[0]!.result).toEqual(first.runs[0]!.result);
      expect(await trades(app)).toHaveLength(1);
    });
  });

  test('resumes, in addition to its own runs, what an earlier one left', async () => {
    await withApp({}, async (app) => {
      const left = await invoke(app, { idempotencyKey: 'left' });
      await inDatabase(app, async (db) => {
        const open = { state: 1, 'cronActivity.pending': false, 'cronActivity.nextActivity': new Date(0) };
        await db.collection('actions').updateOne({ actionRef: 'trading' }, { $set: open });
      });
      const report = await invoke(app, tick);
      expect(report.runs.map(({ key, state }) => [key, state])).toEqual([
        ['trading/AMZN/2026-01-05T14:30:00Z', 'SUCCESS'],
        ['trading/AMZN/left', 'SUCCESS'],
      ]);
      expect(report.runs[1]!.result).toEqual(left.runs[0]!.result);
      expect(await trades(app)).toHaveLength(2);
    });
  });
});

describe('a manual key whose run was cleaned away', () => {
  test.each([
    ['buy', alwaysBuy, alwaysSell],
    ['sell', alwaysSell, alwaysBuy],
  ])('can not trade again the other way after a %s', async (type, first, second) => {
    const event = { idempotencyKey: 'by hand' };
    const made = await withApp(first, async (app) => {
      const { runs } = await invoke(app, event);
      await forgetRuns(app);
      return runs[0]!.result as StockTransaction;
    });
    expect(made.type).toBe(type);
    await withApp(second, async (app) => {
      const { runs } = await invoke(app, event);
      expect(runs[0]).toMatchObject({ state: 'ERROR', result: null, error: { name: 'FunctionFailedError' } });
      expect(runs[0]!.error!.message).toContain(`IdempotencyConflictError`);
      expect(runs[0]!.error!.message).toContain(
        `${type} 1 AMZN at ${made.price}, traded on ${made.timestamp}`,
      );
      expect(await trades(app)).toHaveLength(1);
    });
  });
});

test('a function that fails ends its run with the error of the function, and nothing is traded', async () => {
  await withApp({ [recommendation]: { SELL_ABOVE: 'free of charge' } }, async (app) => {
    const { runs } = await invoke(app, tick);
    expect(runs[0]).toMatchObject({ state: 'ERROR', result: null, error: { name: 'FunctionFailedError' } });
    expect(runs[0]!.error!.message).toContain(
      "generate-buy-sell-recommendation failed with Error: The function's environment can't be taken: ",
    );
    expect(runs[0]!.steps.map(({ ref, state }) => [ref, state])).toEqual([
      ['check-stock-price', 'SUCCESS'],
      ['generate-recommendation', 'ERROR'],
    ]);
    expect(await trades(app)).toEqual([]);
  });
});

test('a payload that can not be taken is a FunctionError, and nothing is written', async () => {
  await withApp({}, async (app) => {
    const error = errorOf(await app.invoke(app.orchestrator, { symbols: ['not a symbol'] }));
    expect(error.errorType).toBe('InvalidEventError');
    expect(await inDatabase(app, (db) => db.listCollections().toArray())).toEqual([]);
  });
});
