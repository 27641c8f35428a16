import { MongoClient } from 'mongodb';
import { runDiff } from '../../infra/cli/strategies/diff.ts';
import { movingAverage } from '../../functions/strategies/moving-average.ts';
import { simulatedPrice } from '../../functions/market/simulated-price.ts';
import { answers } from '../support/answers.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

const MINUTE_MS = 60_000;

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

/** What the market had, as of the tick and before it. */
const pricesAt = (time: number) =>
  [4, 3, 2, 1, 0].map((bars) => simulatedPrice('AMZN', time - bars * 30 * MINUTE_MS));

const begin = Date.parse('2026-01-05T14:30:00Z');
const ticks = Array.from({ length: 200 }, (_, n) => begin + n * 30 * MINUTE_MS).map((time) => ({
  time: new Date(time).toISOString().replace('.000Z', 'Z'),
  expected: movingAverage(2, 4).recommend(pricesAt(time)),
}));
const one = (recommended: string) => ticks.find(({ expected }) => expected === recommended)!.time;

const tick = async (scheduledTime: string) =>
  answers.report.parse(answerOf<Report>(await app.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime })))
    .runs[0]!;

test.each(['buy', 'sell'])('a run trades as the strategy says: %s', async (type) => {
  const time = one(type);
  const { result, steps } = await tick(time);
  expect(result).toMatchObject({ type, symbol: 'AMZN' });
  expect(steps[0]!.result).toMatchObject({
    stockPrice: { recent_prices: pricesAt(Date.parse(time)).slice(0, -1) },
  });
});

test('a run that is to hold ends without a trade', async () => {
  const trades = client.db(app.database).collection('trades');
  const before = await trades.countDocuments();
  const { state, result, steps } = await tick(one('hold'));
  expect(state).toBe('SUCCESS');
  expect(result).toMatchObject({
    held: expect.stringMatching(/^the recommendation at .* is to hold$/) as string,
  });
  expect(steps.map(({ ref }) => ref)).toEqual(['check-stock-price', 'generate-recommendation']);
  expect(await trades.countDocuments()).toBe(before);
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
      runs: 3,
      compared: 3,
      changed: 0,
      changes: [],
    });
  });

  test('lists each decision that another strategy would change, and trades nothing', async () => {
    const trades = client.db(app.database).collection('trades');
    const before = await trades.countDocuments();
    sent.length = 0;
    // Always sells: the purchase and the one that was held would change.
    const found = await difference({ strategy: 'threshold', sellAbove: '0.01', limit: 3 });
    expect(found).toMatchObject({ compared: 3, changed: 2 });
    const changes = found['changes'] as { was: string; wouldBe: string; run: string }[];
    expect(changes.map(({ was, wouldBe }) => `${was} ${wouldBe}`).sort()).toEqual(['buy sell', 'hold sell']);
    expect(new Set(sent)).toEqual(new Set(['list', 'show']));
    expect(await trades.countDocuments()).toBe(before);
  });

  test('reports decisions for which there are too few prices on record', async () => {
    expect(await difference({ long: '9', limit: 3 })).toMatchObject({ compared: 0, tooFewPrices: 3 });
    const text = await runDiff({ ...settings, long: '9', json: false }, open);
    expect(text).toBe(
      'moving average 2/9: 0 decisions compared, 0 would change; for 2 more, too few prices are recorded\n',
    );
  });
});
