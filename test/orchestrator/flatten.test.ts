import { MongoClient } from 'mongodb';
import { runFlatten, type Person } from '../../infra/cli/flatten.ts';
import { FunctionFailedError } from '../../orchestrator/actions/invoke-errors.ts';
import { flatten } from '../../orchestrator/trading/flatten.ts';
import type { Holding } from '../../orchestrator/trading/holdings.ts';
import { Money } from '../../functions/shared/money.ts';
import { answers } from '../support/answers.ts';
import { answerOf, errorOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

let app: Awaited<ReturnType<typeof startTestApp>>;
let client: MongoClient;
beforeAll(async () => {
  app = await startTestApp();
  client = await new MongoClient(app.mongodbUri).connect();
});
afterAll(async () => {
  await client.close();
  await app.close();
});

const trade = async (type: string, symbol: string, qty: string, idempotencyKey = `${type} ${symbol}`) =>
  answerOf(
    await app.invoke(`OrbitsTrader-${type}-stock`, { idempotencyKey, symbol, qty, stock_price: '10.00' }),
  );
const send = async (event: object) => JSON.stringify(answerOf(await app.invoke(ORCHESTRATOR, event)));
const flattened = async (event: object) =>
  answers.flattened.parse(JSON.parse(await send({ command: 'flatten', ...event }))).flattened;
const brief = (rows: Awaited<ReturnType<typeof flattened>>) =>
  rows.map(({ symbol, outcome, trade, left, open }) => ({
    ...{ symbol, outcome, left, open },
    trade: trade && `${trade.type} ${trade.qty}`,
  }));
const none = { left: '0', open: 0, trade: null };

describe('the command', () => {
  beforeEach(async () => {
    await client.db(app.database).dropDatabase();
  });

  test('closes each position once for its key, long or short, also during a halt', async () => {
    await trade('buy', 'LONG', '2.5');
    await trade('sell', 'BTC/USD', '1');
    await trade('buy', 'FLAT', '1');
    await trade('sell', 'FLAT', '1');
    await send({ command: 'halt' });
    const first = await flattened({ idempotencyKey: 'k' });
    expect(brief(first)).toEqual([
      { ...none, symbol: 'BTC/USD', outcome: 'traded', trade: 'buy 1' },
      { ...none, symbol: 'LONG', outcome: 'traded', trade: 'sell 2.5' },
    ]);
    expect(first[0]!.trade!.id).toBe('flatten/k/BTC%2FUSD');
    expect(await flattened({ idempotencyKey: 'k' })).toEqual(first);

    await send({ command: 'unhalt' });
    await trade('buy', 'LONG', '1', 'again');
    expect(brief(await flattened({ idempotencyKey: 'k', symbols: ['LONG', 'NONE'] }))).toEqual([
      { ...none, symbol: 'LONG', outcome: 'traded', trade: 'sell 2.5', left: '1' },
      { ...none, symbol: 'NONE', outcome: 'nothing-held' },
    ]);
    expect(await client.db(app.database).collection('trades').countDocuments()).toBe(7);
  });

  test('shows what it would close, and trades nothing, with dryRun', async () => {
    await trade('buy', 'PLAN', '2');
    expect(brief(await flattened({ dryRun: true, symbols: ['PLAN', 'NONE'] }))).toEqual([
      { ...none, symbol: 'NONE', outcome: 'nothing-held' },
      { ...none, symbol: 'PLAN', outcome: 'planned', left: '2' },
    ]);
    expect(brief(await flattened({ dryRun: true }))).toHaveLength(1);
  });

  test('a diagnosis of the simulated market has a database, and no account', async () => {
    const { findings } = answers.diagnosis.parse(JSON.parse(await send({ command: 'diagnose' })));
    expect(findings.map(({ about, ok }) => [about, ok])).toEqual([
      ['database', true],
      ['market', true],
    ]);
  });

  test('takes no key that would not fit into that of an order', async () => {
    const event = { command: 'flatten', idempotencyKey: 'k'.repeat(101) };
    expect(errorOf(await app.invoke(ORCHESTRATOR, event)).errorType).toBe('InvalidEventError');
  });

  test('on the command line asks before it trades, and says what is left', async () => {
    await trade('buy', 'ASKS', '2');
    const said: string[] = [];
    const person = (reply: string): Person => ({
      isThere: true,
      say: (text) => said.push(text),
      ask: (question) => (said.push(question), Promise.resolve(reply)),
    });
    const target = { where: '', send, close: () => Promise.resolve() };
    const context = { where: {}, json: false, open: () => Promise.resolve(target) } as never;
    const run = (reply: string) => runFlatten([], { key: 'cli', yes: false }, context, person(reply));
    expect(await run('n')).toEqual({ output: '', problem: 'Nothing was closed.' });
    expect(said.join('')).toMatch(
      /^key: cli\nSYMBOL {2}SHARES {2}OPEN ORDERS\nASKS +2 +0\nClose these .*\? \[y\/N\] $/,
    );
    const { output, problem } = await run('y');
    expect(problem).toBeUndefined();
    expect(output).toMatch(
      /^SYMBOL {2}LEFT {2}OPEN ORDERS {2}OUTCOME\nASKS +0 +0 {2}sold 2 ASKS at \d+\.\d+\n$/,
    );
    const noPerson = { ...person('y'), isThere: false };
    await expect(runFlatten([], { key: 'cli', yes: false }, context, noPerson)).rejects.toThrow('give --yes');
    expect((await runFlatten([], { key: 'cli', yes: true }, context, noPerson)).output).toBe(output);
  });
});

describe('what may pass', () => {
  const holding = (qty: string, exit: Holding['exit'], open = 0): Holding => ({
    ...{ symbol: 'AMZN', qty: new Money(qty), exit, open },
  });
  const sold = {
    ...{ id: 'flatten/k/AMZN', symbol: 'AMZN', type: 'sell', qty: '2', price: '10' },
    timestamp: '2026-01-05T15:00:00Z',
  };
  const failing = (name: string) => new FunctionFailedError('sell-stock', { name, message: 'why' });

  /** The functions' answers in turn, and what the book has each time that it is read; the last one stays. */
  async function closing(
    replies: (object | Error)[],
    books: (Holding | undefined)[],
    remainingMs = () => 60_000,
  ) {
    const asked: string[] = [];
    const invoke = ({ name }: { name: string }) => {
      asked.push(name);
      const reply = replies[Math.min(asked.length, replies.length) - 1]!;
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    };
    let reads = 0;
    const read = () => {
      const book = books[Math.min(++reads, books.length) - 1];
      return Promise.resolve(new Map(book ? [['AMZN', book]] : []));
    };
    const parts = { invoker: { invoke } as never, holdings: { read }, made: new Map() };
    const [row] = await flatten(['AMZN'], 'k', { ...parts, time: { remainingMs, stepMs: 15_000 } });
    return { row: row!, asked };
  }

  test('is tried again', async () => {
    const { row, asked } = await closing(
      [failing('OrderPendingError'), sold],
      [holding('2', 'sell'), holding('2', 'sell'), undefined],
    );
    expect(row).toMatchObject({ outcome: 'traded', trade: sold, left: '0' });
    expect(asked).toHaveLength(2);
  });

  test('is pending where no time is left for it', async () => {
    let left = 15_100;
    const book = holding('2', 'sell', 1);
    const { row, asked } = await closing([failing('OrderPendingError')], [book], () => left);
    expect(row).toMatchObject({ outcome: 'pending', left: '2', open: 1 });
    expect(row.reason).toContain('OrderPendingError: why');
    expect(asked).toHaveLength(1);
    left = 10_000;
    expect((await closing([sold], [book], () => left)).row).toMatchObject({ outcome: 'pending' });
  });

  test('is not a fault that stays: it is shown, and not tried again', async () => {
    const { row } = await closing([failing('LedgerVenueError')], [holding('2', 'sell')]);
    expect(row).toMatchObject({ outcome: 'failed', left: '2' });
  });

  test('is the other side, if an open order turned the position', async () => {
    const refused = { refused: 'no shares of AMZN are owed', limit: 'nothing-held' };
    const turned = await closing([refused, sold], [holding('2', 'buy', 1), holding('2', 'sell'), undefined]);
    expect(turned).toMatchObject({ row: { outcome: 'traded' }, asked: ['buy-stock', 'sell-stock'] });
    const { row } = await closing([refused], [holding('0', 'buy', 1), undefined]);
    expect(row).toMatchObject({ outcome: 'nothing-held', left: '0' });
  });
});
