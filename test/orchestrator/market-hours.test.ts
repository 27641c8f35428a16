import { MongoClient } from 'mongodb';
import * as z from 'zod';
import { answers } from '../support/answers.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

// Ticks as the schedule sends them, at a market that has NYSE's hours.
type App = Awaited<ReturnType<typeof startTestApp>>;
const HOURS = 'OrbitsTrader-check-market-hours';
const REGULAR = { MARKET_HOURS: 'regular' };

let app: App;
let client: MongoClient;
async function start(overrides: Record<string, Record<string, string>> = {}): Promise<void> {
  app = await startTestApp({ overrides: { [ORCHESTRATOR]: REGULAR, ...overrides } });
  client = await new MongoClient(app.mongodbUri).connect();
}
afterEach(async () => {
  await client.close();
  await app.close();
});

const send = async (event: object) => answerOf<unknown>(await app.invoke(ORCHESTRATOR, event));
const tick = async (scheduledTime: string, more: object = {}) =>
  answers.report.parse(await send({ command: 'tick', scheduledTime, symbols: ['AMZN', 'MSFT'], ...more }));
const ticks = async () => answers.ticks.parse(await send({ command: 'ticks' })).ticks;
const runs = () => client.db(app.database).collection('actions').countDocuments({});
const metrics = (name: string) =>
  app.logs.filter((line) => line.startsWith('{') && name in (JSON.parse(line) as object)).length;

const OPEN = '2026-11-25T14:30:00Z';
/** Thanksgiving. */
const HOLIDAY = '2026-11-26T15:00:00Z';
const AFTER_IT = '2026-11-27T14:30:00.000Z';

test.each([
  ['on a holiday', HOLIDAY, AFTER_IT],
  ['before the opening', '2026-11-25T14:25:00Z', '2026-11-25T14:30:00.000Z'],
  ['after an early close', '2026-11-27T18:00:00Z', '2026-11-30T14:30:00.000Z'],
])('a tick %s is one record, without a run a symbol, however often it is delivered', async (_, at, until) => {
  await start();
  for (let delivery = 0; delivery < 2; delivery++) {
    expect(await tick(at)).toMatchObject({ tick: at, closedUntil: until, runs: [] });
    expect(await ticks()).toEqual([{ tick: at, market: 'closed', until }]);
  }
  expect(await runs()).toBe(0);
  expect(app.logs.join('\n')).toContain('market closed: the tick starts no runs');
  expect([metrics('TicksClosed'), metrics('RunsStarted')]).toEqual([2, 0]);
});

test('a tick while the market is open starts its runs, and is on record too', async () => {
  await start();
  const { closedUntil, counts } = await tick(OPEN);
  expect([closedUntil, counts.traded]).toEqual([null, 2]);
  expect(await ticks()).toEqual([{ tick: OPEN, market: 'open', until: '2026-11-25T21:00:00.000Z' }]);
  expect(metrics('TicksClosed')).toBe(0);
});

test('the shards of a tick share its record', async () => {
  await start();
  for (const index of [0, 1, 2]) await tick(HOLIDAY, { shard: { index, of: 3 } });
  expect(await ticks()).toHaveLength(1);
});

test('what the first delivery found stands for the next, whatever the hours say then', async () => {
  await start();
  const until = new Date(AFTER_IT);
  const expiresAt = new Date(Date.now() + 60_000);
  await client
    .db(app.database)
    .collection('ticks')
    .insertMany([
      { _id: OPEN as never, market: 'closed', until, expiresAt },
      { _id: HOLIDAY as never, market: 'open', until, expiresAt },
    ]);
  expect(await tick(OPEN)).toMatchObject({ closedUntil: AFTER_IT, runs: [] });
  expect((await tick(HOLIDAY)).counts.traded).toBe(2);
});

test('a tick at a closed market resumes the runs that are due', async () => {
  await start({ [ORCHESTRATOR]: { ...REGULAR, APPROVE_ABOVE: '0' } });
  const [waiting] = (await tick(OPEN, { symbols: ['AMZN'] })).runs;
  expect(waiting).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'approval' }] });
  // As if an hour had passed in which no person answered.
  await client
    .db(app.database)
    .collection('actions')
    .updateOne({}, { $set: { 'cronActivity.nextActivity': new Date(0) } });
  const report = await tick(HOLIDAY);
  expect(report).toMatchObject({ closedUntil: AFTER_IT, runs: [{ id: waiting!.id }] });
});

test('a tick that is late and too old is at the market of now', async () => {
  await start({ [ORCHESTRATOR]: { ...REGULAR, MAX_TICK_AGE_MINUTES: '15' } });
  const [now] = await Promise.all([app.invoke(HOURS, {}), tick('2026-11-26T12:00:00Z', { late: true })]);
  const { is_open, opens_at } = answerOf<{ is_open: boolean; opens_at: string }>(now);
  const [record] = await ticks();
  expect(record).toMatchObject(is_open ? { market: 'open' } : { market: 'closed', until: opens_at });
});

test('a run that a person asks for does not ask about the hours', async () => {
  await start({ [HOURS]: { NODE_OPTIONS: '--no-such-option' } });
  const report = answers.report.parse(await send({ symbols: ['AMZN'], idempotencyKey: 'key' }));
  expect([report.closedUntil, report.counts.traded]).toEqual([null, 1]);
  expect(await ticks()).toEqual([]);
});

test('hours that can not be had keep no run from its start, at each delivery', async () => {
  await start({ [HOURS]: { NODE_OPTIONS: '--no-such-option' } });
  const first = await tick(HOLIDAY);
  expect([first.closedUntil, first.counts.traded]).toEqual([null, 2]);
  const again = await tick(HOLIDAY);
  expect(again.runs.map(({ id }) => id).sort()).toEqual(first.runs.map(({ id }) => id).sort());
  expect(await ticks()).toEqual([{ tick: HOLIDAY, market: 'unknown', until: null }]);
  expect(metrics('HoursUnknown')).toBe(2);
  const lines = app.logs.filter((line) => line.includes("the market's hours could not be had"));
  const error = z.object({ error: z.object({ message: z.string() }) });
  expect(error.parse(JSON.parse(lines[0]!)).error.message).toContain('check-market-hours');
});

test('records come in pages, the newest first', async () => {
  await start();
  const times = ['2026-11-26T15:00:00Z', '2026-11-26T15:05:00Z', '2026-11-26T15:10:00Z'];
  for (const time of times) await tick(time);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = answers.ticks.parse(await send({ command: 'ticks', limit: 2, ...(cursor && { cursor }) }));
    seen.push(...page.ticks.map((each) => each.tick));
    cursor = page.cursor;
  } while (cursor !== null);
  expect(seen).toEqual(times.toReversed());
});

test('with marketHours=always a tick starts its runs at any hour, and leaves no record', async () => {
  await start({ [ORCHESTRATOR]: { MARKET_HOURS: 'always' } });
  expect((await tick(HOLIDAY)).counts.traded).toBe(2);
  expect(await ticks()).toEqual([]);
});
