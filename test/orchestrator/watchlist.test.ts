import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { ServiceError } from '../../infra/local/lambda/errors.ts';
import { toWatchlist, type TickSymbols } from '../../infra/config/watchlist.ts';
import { shardOf } from '../../functions/contracts/shard.ts';
import { render } from '../../infra/cli/answer/render.ts';
import { answers } from '../support/answers.ts';
import type { Report } from '../../orchestrator/protocol/report.ts';
import { answerOf, errorOf, ORCHESTRATOR, root, startTestApp } from '../support/local-app.ts';

/** The function can't be reached for this symbol, for good. */
const BROKEN = 'BROKEN';

let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
const start = async (environment: Record<string, string>) => {
  app = await startTestApp({
    overrides: { [ORCHESTRATOR]: environment },
    onInvocation: ({ functionName, phase, payload }) => {
      const isBroken =
        functionName.endsWith('price') && phase === 'received' && payload.includes(`"${BROKEN}"`);
      if (isBroken) throw new ServiceError(403, 'AccessDeniedException', 'not this one');
    },
  });
  client = await new MongoClient(app.mongodbUri).connect();
};
afterEach(async () => {
  await client.close();
  await app.close();
});

const invoke = async (event: object) => answerOf<object>(await app.invoke(ORCHESTRATOR, event));
const report = async (event: object) => answers.report.parse(await invoke(event));
const tick = (scheduledTime: string, shard: TickSymbols) =>
  report({ command: 'tick', scheduledTime, ...shard });
const TICK = { command: 'tick', scheduledTime: '2026-01-05T14:30:00Z' };
/** As Lambda delivers: again where the time was up, as it may be on a machine that is busy with something else. */
async function deliverToEnd(event: object): Promise<Report> {
  let result = await app.invoke(ORCHESTRATOR, event);
  for (let more = 0; more < 5 && 'error' in result; more++) {
    expect(result.error.errorType).toBe('UnfinishedTickError');
    result = await app.invoke(ORCHESTRATOR, event);
  }
  return answers.report.parse(answerOf(result));
}
const trades = () => client.db(app.database).collection<{ symbol: string }>('trades');
const names = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`);
const ticksOf = (symbols: string[], shards: number) =>
  toWatchlist({ symbols: symbols.join(','), watchlist: 'stack', shards }, 1).ticks;
const totals = (reports: Report[]) => reports.reduce((sum, { counts }) => sum + counts.traded, 0);

test('a tick over 1,000 symbols in 5 shards, delivered twice, makes 1,000 trades', async () => {
  await start({});
  const symbols = readFileSync(join(root, 'test/fixtures/symbols-1000.txt'), 'utf8').match(/^\w+$/gm)!;
  const { ticks } = toWatchlist({ symbols: symbols.join(','), watchlist: 'stack' }, 1);
  expect([symbols.length, ticks.length]).toEqual([1_000, 5]);

  const deliver = async () => {
    const reports: Report[] = [];
    for (const shard of ticks) reports.push(await deliverToEnd({ ...TICK, ...shard }));
    return reports;
  };
  const first = await deliver();
  expect(totals(first)).toBe(1_000);
  expect((await trades().distinct('symbol')).length).toBe(1_000);

  expect(await deliver()).toEqual(first);
  expect(await trades().countDocuments()).toBe(1_000);
}, 600_000);

test('two shards at once, each delivered twice at once, trade each symbol once', async () => {
  await start({});
  // Four invocations of four: as many as the local functions have room for.
  const ticks = ticksOf(names(8), 2);
  const both = () => Promise.all([...ticks, ...ticks].map((shard) => tick('2026-01-05T14:30:00Z', shard)));
  await both();
  await both();
  expect(await trades().countDocuments()).toBe(8);
  expect((await trades().distinct('symbol')).sort()).toEqual(names(8));
});

test("one symbol's failure leaves the others alone, and is counted; `list` has the tick by pages", async () => {
  await start({});
  const symbols = [...names(30), BROKEN, ...names(60).slice(30)];
  const [only] = ticksOf(symbols, 1);
  const { counts, runs } = await tick('2026-01-05T14:30:00Z', { symbols, ...only });
  expect(counts).toMatchObject({ traded: 60, failed: 1, inProgress: 0 });
  expect(runs.find(({ symbol }) => symbol === BROKEN)).toMatchObject({ state: 'ERROR' });
  await tick('2026-01-05T14:35:00Z', { symbols: ['OTHER'] });

  const listed: string[] = [];
  let cursor: string | null | undefined;
  for (let pages = 0; cursor !== null; pages++) {
    expect(pages).toBeLessThan(4);
    const list = { command: 'list', tick: '2026-01-05T14:30:00Z', limit: 25, ...(cursor && { cursor }) };
    const page = answers.page.parse(await invoke(list));
    listed.push(...page.runs.map(({ symbol }) => symbol));
    cursor = page.cursor;
  }
  expect(listed.sort()).toEqual([...symbols].sort());
  const query = { 'filter.tick': '2026-01-05T14:30:00Z' };
  const actions = client.db(app.database).collection('actions');
  const plan = JSON.stringify(await actions.find(query).sort({ createdAt: -1, _id: -1 }).explain());
  expect(plan).toContain('"indexName":"ticks"');
  expect(plan).not.toContain('"stage":"SORT"');

  const failed = { command: 'list', tick: '2026-01-05T14:30:00Z', state: 'ERROR' };
  expect(answers.page.parse(await invoke(failed)).runs).toMatchObject([{ symbol: BROKEN }]);
});

test('a shard resumes the runs of its own symbols only', async () => {
  await start({});
  const [zero, one] = ticksOf(names(8), 2) as { symbols: string[] }[];
  for (const shard of [zero!, one!]) await tick('2026-01-05T14:30:00Z', shard);
  const open = { state: 1, 'cronActivity.pending': false, 'cronActivity.nextActivity': new Date(0) };
  await client.db(app.database).collection('actions').updateMany({ actionRef: 'trading' }, { $set: open });

  const { runs } = await tick('2026-01-05T14:35:00Z', { shard: { index: 1, of: 2 }, symbols: [] });
  expect(runs.map(({ symbol }) => symbol).sort()).toEqual(one!.symbols.sort());
});

describe('a list in the store', () => {
  const watch = async (event: object) => answers.watchlist.parse(await invoke(event)).watchlist;

  test('is changed by commands, and its shards are all of it, each symbol once', async () => {
    await start({ WATCHLIST: 'store' });
    expect(await tick('2026-01-05T14:25:00Z', {})).toMatchObject({ runs: [] });
    await watch({ command: 'watch', symbols: [...names(12), 'S3', 'GONE'] });
    expect(await watch({ command: 'watch', symbols: ['S3'] })).toHaveLength(13);
    expect(await watch({ command: 'unwatch', symbols: ['GONE', 'NEVER'] })).toEqual(names(12).sort());
    const listed = answers.watchlist.parse(await invoke({ command: 'watchlist' }));
    expect(listed).toEqual({ watchlist: names(12).sort(), isTraded: true });

    const shards = [0, 1, 2].map((index) => ({ shard: { index, of: 3 } }));
    for (const each of shards) {
      const { runs } = await tick('2026-01-05T14:30:00Z', each);
      expect(runs.map(({ symbol }) => shardOf(symbol, 3))).toEqual(runs.map(() => each.shard.index));
    }
    expect((await trades().distinct('symbol')).sort()).toEqual(names(12).sort());

    // Its position stays, and the answer says so.
    const gone = await invoke({ command: 'unwatch', symbols: ['S3', 'NEVER'] });
    const { leftBehind } = answers.unwatched.parse(gone);
    expect(leftBehind).toEqual([{ symbol: 'S3', qty: expect.stringMatching(/^-?1$/) as string, open: 0 }]);
    expect(await watch({ command: 'watch', symbols: ['S3'] })).toHaveLength(12);
    const screen = { columns: 120, isTerminal: false, where: ' --data d' };
    const shown = render(JSON.stringify(gone), screen);
    expect(shown).toMatch(
      /\nS3 still has a position of -?1\nto close: npm run trader -- flatten S3 --data d\n$/,
    );

    // A symbol that was added between two deliveries of one tick is traded by the second.
    await watch({ command: 'watch', symbols: ['NEW'] });
    for (const each of shards) await tick('2026-01-05T14:30:00Z', each);
    expect(await trades().countDocuments()).toBe(13);
    expect(await trades().countDocuments({ symbol: 'NEW' })).toBe(1);
  });

  test('is reported as idle if the stack has a list of its own', async () => {
    await start({});
    const listed = answers.watchlist.parse(await invoke({ command: 'watch', symbols: ['MSFT'] }));
    expect(listed).toEqual({ watchlist: ['MSFT'], isTraded: false });
    const { runs } = await tick('2026-01-05T14:30:00Z', {});
    expect(runs.map(({ symbol }) => symbol)).toEqual(['AMZN']);
  });
});

test('a price is no metric by symbol where the list is long', async () => {
  await start({ WATCHLIST: 'store' });
  await report({ symbols: ['AMZN'] });
  expect(app.logs.filter((line) => line.includes('"StepDuration"')).length).toBeGreaterThan(0);
  expect(app.logs.filter((line) => line.includes('"Price"'))).toEqual([]);
});

test.each([
  [{ shard: { index: 2, of: 2 } }, 'a shard is one of 0 to `of` less 1'],
  [{ symbols: names(1_001) }, 'expected array to have <=1000 items'],
])('a tick of %j is refused', async (shard, reason) => {
  await start({});
  const { errorType, errorMessage } = errorOf(
    await app.invoke(ORCHESTRATOR, { command: 'tick', scheduledTime: '2026-01-05T14:30:00Z', ...shard }),
  );
  expect([errorType, errorMessage]).toEqual(['InvalidEventError', expect.stringContaining(reason)]);
});
