import { MongoClient } from 'mongodb';
import { runDiff } from '../../infra/cli/strategies/diff.ts';
import { movingAverage } from '../../functions/strategies/moving-average.ts';
import { recommend } from '../../functions/strategies/strategy.ts';
import { simulatedPrice } from '../../functions/market/simulated-price.ts';
import { answers } from '../support/answers.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

const BAR_MS = 30 * 60_000;

let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
beforeAll(async () => {
  app = await startTestApp({
    context: { strategy: 'moving-average', shortWindow: '2', longWindow: '4', barMinutes: '30' },
  });
  client = await new MongoClient(app.mongodbUri).connect();
});
afterAll(async () => {
  await client.close();
  await app.close();
});

const strategy = movingAverage(2, 4);
/** The closes of the bars that ended by a time, as many as the run asks for. */
const closesAt = (time: number) =>
  Array.from({ length: strategy.looksBack + 1 }, (_, index) =>
    simulatedPrice('AMZN', time - (strategy.looksBack - index) * BAR_MS - 1),
  );

const begin = Date.parse('2026-01-05T14:30:00Z');
const isoOf = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');
const expectedAt = (time: number) => recommend(strategy, { price: '1.00', closes: closesAt(time), fresh: 1 });
const ends = Array.from({ length: 200 }, (_, n) => begin + n * BAR_MS);
const firstOf = (type: string, from: number) => ends.find((end) => end > from && expectedAt(end) === type)!;
const bought = firstOf('buy', begin);
const sold = firstOf('sell', bought);

const tick = async (time: number) =>
  answers.report.parse(
    answerOf<Report>(await app.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime: isoOf(time) })),
  ).runs[0]!;
const typeOf = ({ result }: { result: unknown }) => (result as { type?: string }).type ?? 'hold';
const tradesMade = () => client.db(app.database).collection('trades').countDocuments();

test('a run decides on the closes of finished bars, and knows which of them are new', async () => {
  const { result, state, steps } = await tick(bought - BAR_MS);
  expect(state).toBe('SUCCESS');
  expect(result).toMatchObject({
    held: expect.stringMatching(/^the recommendation at .* is to hold$/) as string,
  });
  expect(steps.map(({ ref }) => ref)).toEqual([
    'find-last-bar',
    'check-stock-price',
    'generate-recommendation',
  ]);
  expect(steps[0]!.result).toEqual({});
  expect(steps[1]!.result).toMatchObject({
    stockPrice: {
      stock_price: simulatedPrice('AMZN', bought - BAR_MS),
      recent_prices: closesAt(bought - BAR_MS),
      new_prices: 1,
      last_bar: new Date(bought - BAR_MS).toISOString(),
    },
  });
  expect(await tradesMade()).toBe(0);
});

test('a crossing is traded by the first tick after its bar, and not by the others until the next bar ends', async () => {
  const minutes = [0, 10, 20].map((minute) => bought + minute * 60_000);
  const runs = [];
  for (const time of minutes) runs.push(await tick(time));
  expect(runs.map(typeOf)).toEqual(['buy', 'hold', 'hold']);
  expect(runs[1]!.steps[0]!.result).toEqual({ lastBar: new Date(bought).toISOString() });
});

test('a crossing is traded once where the tick of its bar did not come', async () => {
  // No tick comes at the end of the bar itself.
  const late = await tick(sold + BAR_MS / 3);
  expect(typeOf(late)).toBe('sell');
  expect(typeOf(await tick(sold + BAR_MS / 2))).toBe('hold');
  expect(await tradesMade()).toBe(2);
});

describe('npm run trader -- diff', () => {
  const sent: string[] = [];
  const open = () =>
    Promise.resolve({
      where: '',
      send: async (event: object) => {
        sent.push((event as { command: string }).command);
        return JSON.stringify(answerOf(await app.invoke(ORCHESTRATOR, event)));
      },
      close: () => Promise.resolve(),
    });
  const settings = {
    ...{ strategy: 'moving-average', sellAbove: '100.00', short: '2', long: '4' },
    ...{ limit: 2, json: true },
  };
  const difference = async (change: object) =>
    JSON.parse(await runDiff({ ...settings, ...change }, open)) as Record<string, unknown>;

  test('finds nothing where the strategy is the one that decided', async () => {
    expect(await difference({ limit: 100 })).toMatchObject({
      runs: 6,
      compared: 6,
      changed: 0,
      changes: [],
    });
  });

  test('lists each decision that another strategy would change, and trades nothing', async () => {
    const trades = client.db(app.database).collection('trades');
    const before = await trades.countDocuments();
    sent.length = 0;
    // Always sells: the purchase and the four that held would change.
    const found = await difference({ strategy: 'threshold', sellAbove: '0.01', limit: 6 });
    expect(found).toMatchObject({ compared: 6, changed: 5 });
    const changes = found['changes'] as { was: string; wouldBe: string; run: string }[];
    expect(changes.map(({ was, wouldBe }) => `${was} ${wouldBe}`).sort()).toEqual([
      'buy sell',
      ...Array<string>(4).fill('hold sell'),
    ]);
    expect(new Set(sent)).toEqual(new Set(['list', 'show']));
    expect(await trades.countDocuments()).toBe(before);
  });

  test('reports decisions for which there are too few prices on record', async () => {
    expect(await difference({ long: '100', limit: 3 })).toMatchObject({ compared: 0, tooFewPrices: 3 });
    const text = await runDiff({ ...settings, long: '100', json: false }, open);
    expect(text).toBe(
      'moving average 2/100: 0 decisions compared, 0 would change; for 2 more, too few prices are recorded\n',
    );
  });
});
