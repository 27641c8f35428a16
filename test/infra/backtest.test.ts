import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backtest } from '../../infra/cli/backtest/backtest.ts';
import { plot } from '../../infra/cli/backtest/plot.ts';
import { parsePrices } from '../../infra/cli/backtest/prices.ts';
import { movingAverage } from '../../functions/strategies/moving-average.ts';
import type { Strategy } from '../../functions/strategies/strategy.ts';
import { startCommand } from '../support/command.ts';
import { root, temporaryFolder } from '../support/local-app.ts';

const FILE = 'test/fixtures/prices.csv';
const prices = parsePrices(readFileSync(join(root, FILE), 'utf8'), FILE);

const trader = (...args: string[]) => startCommand('infra/cli/main.ts', ['backtest', ...args]).finished;

/** Does as it is told, price by price. */
const told = (plan: Record<string, 'buy' | 'sell'>): Strategy => ({
  needs: 1,
  recommend: ([price]) => plan[price!] ?? 'hold',
});
const points = (...values: string[]) =>
  values.map((price, day) => ({ time: `2026-01-0${day + 1}T00:00:00Z`, price }));

test('return and drawdown, by hand', () => {
  const strategy = told({ '10.00': 'buy', '12.00': 'sell', '8.00': 'buy', '1000.00': 'buy', '5.00': 'sell' });
  const days = points('5.00', '10.00', '9.00', '12.00', '8.00', '6.00', '1000.00');
  const result = backtest(days, { strategy, cash: '100.00', quantity: 2 });
  // Bought 2 at 10, sold them at 12, bought 2 at 8; then 2 at 1000 are too dear, and at 5 there was nothing to sell.
  expect(result.trades.map(({ type, price }) => `${type} ${price}`)).toEqual([
    'buy 10.00',
    'sell 12.00',
    'buy 8.00',
  ]);
  expect(result.skipped).toEqual({ noCash: 1, noShares: 1 });
  expect(result.equity.map(String)).toEqual(['100', '100', '98', '104', '104', '100', '2088']);
  expect([result.cash.toString(), result.shares]).toEqual(['88', 2]);
  expect(result.returned.toFixed(4)).toBe('19.8800');
  // From 104 to 100.
  expect(result.drawdown.toFixed(6)).toBe('0.038462');
});

test('a moving average over the fixture trades as a plain computation in cents says', () => {
  const cents = prices.map(({ price }) => Math.round(Number(price) * 100));
  const sum = (from: number, to: number) => cents.slice(from, to).reduce((total, each) => total + each, 0);
  const lead = (end: number) => Math.sign(sum(end - 5, end) * 4 - sum(end - 20, end));
  const expected: string[] = [];
  let held = 0;
  for (let end = 21; end <= cents.length; end++) {
    const [before, now] = [lead(end - 1), lead(end)];
    if (before <= 0 && now > 0) expected.push(`buy ${prices[end - 1]!.time}`);
    if (before >= 0 && now < 0 && held > 0) expected.push(`sell ${prices[end - 1]!.time}`);
    held = expected.filter((each) => each.startsWith('buy')).length * 2 - expected.length;
  }
  const strategy = movingAverage(5, 20);
  const { trades, cash, shares } = backtest(prices, { strategy, cash: '10000.00', quantity: 1 });
  expect(expected.length).toBeGreaterThan(4);
  expect(trades.map(({ type, time }) => `${type} ${time}`)).toEqual(expected);
  const spent = trades.reduce(
    (total, { type, price }) => total + (type === 'buy' ? 1 : -1) * Math.round(Number(price) * 100),
    0,
  );
  expect([cash.times(100).toNumber(), shares]).toEqual([1_000_000 - spent, held]);
});

test('the command prints trades, return and drawdown, and draws them', async () => {
  const folder = temporaryFolder();
  const svg = join(folder.path, 'backtest.svg');
  try {
    const { code, stdout, stderr } = await trader(FILE, '--strategy', 'moving-average', '--svg', svg);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^TIME +TYPE +SHARES +PRICE\n2026-01-07T03:30:00Z +buy +1 +87\.51\n/);
    expect(stdout).toMatch(/\nreturnPercent +0\.10\nmaxDrawdownPercent +0\.10\n\nwrote /);
    const drawn = readFileSync(svg, 'utf8');
    expect(drawn.match(/<title>(buy|sell) 1 at [\d.]+, 2026-/g)).toHaveLength(15);
    expect(drawn).not.toMatch(/NaN|undefined/);
  } finally {
    folder.remove();
  }
  const { stdout } = await trader(FILE, '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    strategy: 'threshold 100.00',
    prices: 250,
    buys: 149,
    sells: 44,
  });
});

test('a flat line and a single price are drawn too', () => {
  const flat = points('10.00');
  const drawn = plot('flat <&>', flat, backtest(flat, { strategy: told({}), cash: '1.00', quantity: 1 }));
  expect(drawn).not.toMatch(/NaN|Infinity|<&>/);
});

test.each([
  ['time;price\n', 'line 1 is "time;price", expected the header "time,price"'],
  ['time,price\n', 'line 2 is not there'],
  ['time,price\n2026-01-05,1.00\n', 'line 2 has the time "2026-01-05", expected one such as'],
  ['time,price\n2026-01-05T00:00:00Z,1e3\n', 'line 2 has the price "1e3", expected one such as'],
  ['time,price\n2026-01-05T00:00:00Z,1.00,2\n', 'line 2 has 3 values'],
  [
    'time,price\n2026-01-05T00:00:00Z,1.00\n2026-01-05T00:00:00Z,1.00\n',
    'line 3 is of 2026-01-05T00:00:00Z, expected a time after',
  ],
])('%j is told by its line', (text, words) => {
  expect(() => parsePrices(text, 'prices.csv')).toThrow(`prices.csv: ${words}`);
});

test.each([
  [[], '"backtest" takes a file of prices'],
  [['a.csv', 'b.csv'], '"backtest" can\'t take "b.csv"'],
  [['nowhere.csv'], "The file nowhere.csv can't be used: ENOENT."],
  [[FILE, '--strategy', 'luck'], '--strategy is wrong'],
  [[FILE, '--strategy', 'moving-average', '--short', '30'], '--short is wrong: the short window has to be'],
  [[FILE, '--sell-above', 'high'], '--sell-above is wrong: a price is'],
  [[FILE, '--cash', '0'], '--cash takes an amount in dollars'],
  [[FILE, '--quantity', '1.5'], '--quantity takes a whole number'],
])('%j is refused in one line', async (args, words) => {
  const { code, stdout, stderr } = await trader(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(words);
});
