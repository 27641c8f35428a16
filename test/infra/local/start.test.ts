import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startStore } from '../../../infra/local/mongodb/server.ts';
import type { Report } from '../../../orchestrator/protocol/report.ts';
import { npmStart, startCommand } from '../../support/command.ts';
import { temporaryFolder } from '../../support/local-app.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const start = (...args: string[]) => npmStart(['--data', folder.path, ...args]);

async function startJson(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await start('--json', ...args);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** What the store in the folder holds, once the command has ended. */
async function stored(collection: string): Promise<Record<string, unknown>[]> {
  const store = await startStore({ dataDir: folder.path });
  const client = await new MongoClient(store.uri).connect();
  try {
    return await client.db('orbits-trader').collection(collection).find({}).toArray();
  } finally {
    await client.close();
    await store.close();
  }
}

describe('npm start', () => {
  test('runs one tick and gives the report as one JSON object', async () => {
    const report = await startJson('--fresh', '--key', 'first');
    expect(report.tick).toBe('first');
    expect(report.runs).toHaveLength(1);
    const [run] = report.runs;
    expect(run).toMatchObject({ key: 'trading/AMZN/first', symbol: 'AMZN', state: 'SUCCESS', error: null });
    expect(run!.steps.map(({ ref, state, attempts }) => [ref, state, attempts])).toEqual([
      ['check-stock-price', 'SUCCESS', 1],
      ['generate-recommendation', 'SUCCESS', 1],
      [expect.stringMatching(/^(buy|sell)-stock$/), 'SUCCESS', 1],
    ]);
    const { buyOrSellRecommendation } = run!.steps[1]!.result as { buyOrSellRecommendation: string };
    const { stockPrice } = run!.steps[0]!.result as { stockPrice: { stock_price: string } };
    expect(run!.result).toMatchObject({
      type: buyOrSellRecommendation,
      price: stockPrice.stock_price,
      symbol: 'AMZN',
    });
    const trades = await stored('trades');
    expect(trades.map(({ _id, type }) => [_id, type])).toEqual([
      [(run!.result as { id: string }).id, buyOrSellRecommendation],
    ]);
  });

  test('gives the same run and the same trade for the same key, and says so', async () => {
    const first = await startJson('--key', 'a');
    expect(await startJson('--key', 'a')).toEqual(first);
    const { stdout } = await start('--key', 'a');
    expect(stdout).toMatch(/already ended, with the same key/);
    expect(await stored('trades')).toHaveLength(1);
  });

  test('trades each given symbol, and keeps the data for the next time', async () => {
    const report = await startJson('--symbol', 'MSFT', '--symbol', 'GOOG');
    expect(report.runs.map(({ symbol, state }) => [symbol, state])).toEqual([
      ['MSFT', 'SUCCESS'],
      ['GOOG', 'SUCCESS'],
    ]);
    await startJson();
    expect(await stored('trades')).toHaveLength(3);
    await startJson('--fresh');
    expect(await stored('trades')).toHaveLength(1);
  });

  test('shows each step in a line, with its call and its result', async () => {
    const { code, stdout, stderr } = await start('--key', 'shown');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('tick shown');
    expect(lines[2]).toMatch(/^ {2}✔ check-stock-price +SUCCESS +\d+ ms$/);
    expect(lines[3]).toMatch(/^ {6}check-stock-price\(symbol AMZN, at 20.*Z\)$/);
    expect(lines[4]).toMatch(/^ {6}→ stock_price \d+\.\d\d, as_of 20.*Z$/);
    expect(lines[5]).toMatch(/^ {2}✔ generate-recommendation +SUCCESS/);
    expect(lines[7]).toMatch(/^ {6}→ (buy|sell)$/);
    expect(lines[8]).toMatch(/^ {2}✔ (buy|sell)-stock +SUCCESS/);
    expect(lines[10]).toMatch(/^ {6}→ id [0-9a-f]{24}, symbol AMZN, .*qty 1/);
    expect(lines.at(-1)).toMatch(
      /^AMZN SUCCESS in \d+ ms: (bought|sold) 1 AMZN at \d+\.\d\d \(trade [0-9a-f]{24}, /,
    );
    expect(stdout).not.toContain('\x1b');
  });
});

describe('npm start, with a list in several shards', () => {
  const shards = ['-c', 'symbols=A,B,C,D,E,F', '-c', 'shards=3'];

  test('runs them all, as one report, and the same again for the same key', async () => {
    const report = await startJson(...shards, '--key', 'sharded');
    expect(report.runs.map(({ symbol }) => symbol).sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect(report).toMatchObject({
      tick: 'sharded',
      omitted: 0,
      remaining: [],
      counts: { traded: 6, failed: 0 },
    });
    expect(await startJson(...shards, '--key', 'sharded')).toEqual(report);
    expect(await stored('trades')).toHaveLength(6);
    const { stdout } = await start(...shards, '--key', 'sharded');
    expect(stdout.split('\n').at(-1)).toBe('6 runs: 6 traded');
  });

  test('runs the symbols that are named, and no others', async () => {
    const report = await startJson(...shards, '--symbol', 'B', '--key', 'named');
    expect(report.runs.map(({ symbol }) => symbol)).toEqual(['B']);
  });
});

describe('npm start, killed in mid-run', () => {
  test.each([
    ['OrbitsTrader-check-stock-price', 'received'],
    ['OrbitsTrader-generate-buy-sell-recommendation', 'answered'],
    ['OrbitsTrader-buy-stock', 'received'],
    ['OrbitsTrader-buy-stock', 'answered'],
    ['OrbitsTrader-sell-stock', 'answered'],
  ])(
    'at %s (%s), finishes the same run with one trade when it is started again',
    async (functionName, phase) => {
      const key = 'killed';
      const stuck = startCommand('test/support/stuck-app.ts', [folder.path, key, functionName, phase], {
        TEST_SELL_ABOVE: functionName.includes('sell-stock') ? '0.01' : '1000000',
      });
      await stuck.line(/^stuck$/);
      stuck.kill('SIGKILL');
      expect((await stuck.finished).signal).toBe('SIGKILL');

      const { runs } = await startJson('--key', key);
      expect(runs).toHaveLength(1);
      expect(runs[0]).toMatchObject({ key: `trading/AMZN/${key}`, state: 'SUCCESS' });
      const trades = await stored('trades');
      expect(trades).toHaveLength(1);
      expect(trades[0]!['_id']).toBe((runs[0]!.result as { id: string }).id);
      expect((await stored('actions')).filter(({ actionRef }) => actionRef === 'trading')).toHaveLength(1);
    },
  );
});

describe('npm start, given what it does not take', () => {
  test.each([
    [['--colour'], 2, /Unknown option '--colour'/],
    [['surplus'], 2, /Unexpected argument "surplus"/],
    [['--symbol'], 2, /argument missing/],
    [['--symbol', '$amzn'], 1, /a symbol is 1 to 10 letters/],
    [['--key', ''], 2, /--key is empty/],
    [['--key', 'k'.repeat(129)], 1, /an idempotency key is 1 to 128 characters/],
    [['--watch', '--json'], 2, /--watch ticks on the schedule/],
  ])('ends %j with code %i and one line that says why', async (args, code, message) => {
    const result = await start(...args);
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(result.code).toBe(code);
    if (code === 1) expect([...(await stored('actions')), ...(await stored('trades'))]).toEqual([]);
    else expect(existsSync(join(folder.path, 'data.mdb'))).toBe(false);
  });

  test.each([
    ['nonsense', /MONGODB_URI does not begin with mongodb:\/\/ or mongodb\+srv:\/\//],
    ['mongodb://user:s%zzword@host:27017', /MONGODB_URI has a raw "%" in its user or password: write %25/],
  ])('refuses MONGODB_URI=%s', async (uri, message) => {
    const { code, stderr } = await npmStart(['--data', folder.path], { MONGODB_URI: uri });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('s%zzword');
  });

  test('names the host, and not the password, of a MongoDB that does not answer', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { code, stderr } = await npmStart(['--data', folder.path], {
      MONGODB_URI: `mongodb://trader:sesame@127.0.0.1:${port}/`,
    });
    expect(code).toBe(2);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).not.toContain('sesame');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('leaves alone a data folder that another process holds', async () => {
    const store = await startStore({ dataDir: folder.path });
    const { code, stderr } = await start('--fresh');
    await store.close();
    expect(code).toBe(1);
    expect(stderr).toContain(folder.path);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

test('a tick on a holiday is reported in words, and is on the list of ticks', async () => {
  const trader = (...args: string[]) =>
    startCommand('infra/cli/main.ts', [...args, '--data', folder.path]).finished;
  const sent = await trader('tick', '--time', '2026-11-26T15:00:00Z');
  expect(sent.stdout).toBe(
    'The market is closed until 2026-11-27T14:30:00.000Z; the tick starts no runs.\nno runs',
  );
  expect((await trader('ticks')).stdout).toMatch(
    /^TICK +MARKET +UNTIL\n2026-11-26T15:00:00Z +closed +2026-11-27T14:30:00.000Z$/,
  );
});

describe('npm start -- --watch', () => {
  test('prints its endpoints and stops cleanly at Ctrl-C', async () => {
    const watching = startCommand('infra/local/main.ts', ['--data', folder.path, '--watch']);
    const uri = (await watching.line(/^MongoDB {2}/)).split(/ +/)[1]!;
    const endpoint = (await watching.line(/^Lambda {3}/)).split(/ +/)[1]!;
    await watching.line(/^next tick \d{4}-/);
    const answer = await fetch(`${endpoint}/2015-03-31/functions/OrbitsTrader-orchestrator/invocations`, {
      method: 'POST',
      body: JSON.stringify({ idempotencyKey: 'by hand' }),
    });
    expect(await answer.json()).toMatchObject({ tick: 'by hand', runs: [{ state: 'SUCCESS' }] });
    const client = await new MongoClient(uri).connect();
    expect(await client.db('orbits-trader').collection('trades').countDocuments()).toBe(1);
    await client.close();
    watching.kill('SIGINT');
    const { code, stdout } = await watching.finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/stopped$/);
  });
});
