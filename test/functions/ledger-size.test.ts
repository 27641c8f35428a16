import { Decimal128, type BulkWriteOptions } from 'mongodb';
import { ACCOUNT } from '../../functions/contracts/ledger.ts';
import { newBook } from '../../functions/ledger/book.ts';
import { Ledger as LedgerCommands } from '../../orchestrator/trading/ledger.ts';
import { PAPER, Scene } from '../support/broker/scene.ts';
import { TradingDesk } from '../support/trading-desk.ts';

// What commands cost where a ledger has many symbols and a long history.
const SYMBOLS = Array.from({ length: 100 }, (_, index) => `S${String(index).padStart(3, '0')}`);
const TRADES = 100_000;
const shares = Decimal128.fromString('10');
const price = Decimal128.fromString('100');

let desks: TradingDesk;
beforeAll(async () => {
  desks = await TradingDesk.open();
  const { books, account, trades } = desks.ledger();
  await account.insertOne({ _id: ACCOUNT, venue: 'alpaca-paper PA1', ledger: 'ledger' });
  const position = {
    qty: shares,
    averageCost: price,
    realized: Decimal128.fromString('0'),
    lastPrice: price,
  };
  await books.insertMany(SYMBOLS.map((symbol) => ({ ...newBook(symbol), position })));
  await trades.createIndex({ symbol: 1, timestamp: 1 });
  const once: BulkWriteOptions = { ordered: false };
  for (let from = 0; from < TRADES; from += 10_000) {
    const part = Array.from({ length: 10_000 }, (_, index) => toTrade(from + index));
    await trades.insertMany(part, once);
  }
});
afterAll(() => desks.close());

const timestamp = new Date('2026-01-05T15:00:00Z');
/** Each symbol buys and sells in turn; what it bought last is left. */
const toTrade = (index: number) => ({
  ...{ _id: `trade ${index}`, symbol: SYMBOLS[index % SYMBOLS.length]!, timestamp, price },
  type: Math.floor(index / SYMBOLS.length) % 2 === 0 ? ('buy' as const) : ('sell' as const),
  qty: index < SYMBOLS.length ? Decimal128.fromString('20') : shares,
});

/** How many documents a search looks at. */
async function examined(search: Record<string, unknown>): Promise<number> {
  const { find, filter, sort, limit, projection } = search;
  const explained = await desks
    .ledger()
    .books.db.command({ explain: { find, filter, sort, limit, projection }, verbosity: 'executionStats' });
  return (explained as { executionStats: { totalDocsExamined: number } }).executionStats.totalDocsExamined;
}

test('positions of 100 symbols after 100,000 trades read 100 documents', async () => {
  const { books } = desks.ledger();
  const commands = new LedgerCommands(
    { ActionModel: { db: { db: books.db } } } as never,
    { invoke: () => Promise.resolve({ stock_price: '100' }) } as never,
  );
  desks.commands.length = 0;
  const { positions, cursor } = await commands.positions({ limit: 100 });
  expect([positions.length, cursor]).toEqual([100, null]);
  expect(desks.commands.map(({ name }) => name)).toEqual(['find books']);
  expect(await examined(desks.commands[0]!.command)).toBeLessThanOrEqual(SYMBOLS.length + 1);
});

const holdings = (qty: string) => SYMBOLS.map((symbol) => ({ symbol, qty, price: '100' }));
const assets = SYMBOLS.map((symbol) => ({ symbol }));
const sceneOf = (qty: string) => new Scene({ assets, accounts: [{ ...PAPER, positions: holdings(qty) }] });
async function cost(scene: Scene, request: object = {}) {
  desks.commands.length = 0;
  const asked = scene.engine.requests.length;
  const found = await desks.at(scene).reconcile(request);
  return {
    ...{ found, commands: desks.commands.map(({ name }) => name) },
    requests: scene.engine.requests.slice(asked).map(({ route }) => route),
  };
}

const ONE_LOOK = ['GET /v2/positions', 'GET /v2/orders'];

test('a comparison of 100 symbols that agree is two commands and three requests', async () => {
  const { found, commands, requests } = await cost(sceneOf('10'));
  expect(found).toMatchObject({ compared: 100, differences: [] });
  expect(commands).toEqual(['find books', 'find books']);
  expect(requests).toEqual(['GET /v2/account', ...ONE_LOOK]);
});

test('100 symbols that differ are two looks, one request for corporate actions, and one write', async () => {
  const { found, commands, requests } = await cost(sceneOf('11'));
  expect(found.differences).toHaveLength(100);
  expect(commands).toEqual([...Array.from({ length: 4 }, () => 'find books'), 'update books']);
  expect(requests).toEqual(['GET /v2/account', ...ONE_LOOK, ...ONE_LOOK, 'GET /v1/corporate-actions']);
  const again = await cost(sceneOf('11'));
  expect(again.found.differences.map((each) => each.new)).not.toContain(true);
  expect(again.commands).not.toContain('update books');
});

test('a full comparison adds two commands, for the trades and the adjustments', async () => {
  // Of one symbol, because the embedded store adds up slowly.
  const { found, commands } = await cost(sceneOf('10'), { full: true, symbols: ['S000'] });
  expect(found).toMatchObject({ compared: 1, differences: [{ agrees: true }] });
  expect(commands.filter((name) => name.startsWith('aggregate'))).toHaveLength(2);
});
