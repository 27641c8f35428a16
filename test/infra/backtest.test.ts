import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { backtest } from '../../infra/cli/backtest/backtest.ts';
import { plot } from '../../infra/cli/backtest/plot.ts';
import { parsePrices } from '../../infra/cli/backtest/prices.ts';
import type { OrderSize } from '../../functions/shared/size.ts';
import { movingAverage } from '../../functions/strategies/moving-average.ts';
import type { Strategy } from '../../functions/strategies/strategy.ts';
import { startCommand } from '../support/command.ts';
import { root, temporaryFolder } from '../support/local-app.ts';

const FILE = 'test/fixtures/prices.csv';
const prices = parsePrices(readFileSync(join(root, FILE), 'utf8'), FILE);

const trader = (...args: string[]) => startCommand('infra/cli/main.ts', ['backtest', ...args]).finished;

/** Recommends by a plan, price by price. */
const plan = (orders: Record<string, 'buy' | 'sell'>): Strategy => ({
  looksBack: 0,
  needs: 0,
  recommend: ({ price }) => orders[price] ?? 'hold',
});
const points = (...values: string[]) =>
  values.map((price, day) => ({ time: `2026-01-0${day + 1}T00:00:00Z`, price }));

test('orders of dollars are of whole shares, or of parts; a sale is of what is held', () => {
  const days = points('10.00', '30.00', '6.00');
  const strategy = plan({ '10.00': 'buy', '30.00': 'sell', '6.00': 'buy' });
  const of = (size: OrderSize) => {
    const { trades, skipped } = backtest(days, { strategy, cash: '1000.00', size });
    return { trades: trades.map(({ type, qty }) => `${type} ${qty}`), skipped };
  };
  const skipped = { noCash: 0, noShares: 0, tooSmall: 0 };
  expect(of({ orderValue: '25' })).toEqual({
    trades: ['buy 2', 'buy 4'],
    skipped: { ...skipped, tooSmall: 1 },
  });
  expect(of({ orderValue: '35' })).toEqual({ trades: ['buy 3', 'sell 1', 'buy 5'], skipped });
  const parts = { orderValue: '25', fractionalShares: true } as const;
  expect(of(parts)).toEqual({ trades: ['buy 2.5', 'sell 0.833333333', 'buy 4.166666666'], skipped });
});

test('return and drawdown, by hand', () => {
  const strategy = plan({ '10.00': 'buy', '12.00': 'sell', '8.00': 'buy', '1000.00': 'buy', '5.00': 'sell' });
  const days = points('5.00', '10.00', '9.00', '12.00', '8.00', '6.00', '1000.00');
  const result = backtest(days, { strategy, cash: '100.00', size: { qty: '2' } });
  // Bought 2 at 10, sold them at 12, bought 2 at 8; then 2 at 1000 are too dear, and at 5 there was nothing to sell.
  expect(result.trades.map(({ type, price }) => `${type} ${price}`)).toEqual([
    'buy 10.00',
    'sell 12.00',
    'buy 8.00',
  ]);
  expect(result.skipped).toEqual({ noCash: 1, noShares: 1, tooSmall: 0 });
  expect(result.equity.map(String)).toEqual(['100', '100', '98', '104', '104', '100', '2088']);
  expect([result.cash.toString(), result.shares.toString()]).toEqual(['88', '2']);
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
  let side = lead(20);
  for (let end = 21; end <= cents.length; end++) {
    const now = lead(end) || side;
    if (side < 0 && now > 0) expected.push(`buy ${prices[end - 1]!.time}`);
    if (side > 0 && now < 0 && held > 0) expected.push(`sell ${prices[end - 1]!.time}`);
    side = now;
    held = expected.filter((each) => each.startsWith('buy')).length * 2 - expected.length;
  }
  const strategy = movingAverage(5, 20);
  const { trades, cash, shares } = backtest(prices, { strategy, cash: '10000.00', size: { qty: '1' } });
  expect(expected.length).toBeGreaterThan(4);
  expect(trades.map(({ type, time }) => `${type} ${time}`)).toEqual(expected);
  const spent = trades.reduce(
    (total, { type, price }) => total + (type === 'buy' ? 1 : -1) * Math.round(Number(price) * 100),
    0,
  );
  expect([cash.times(100).toNumber(), shares.toNumber()]).toEqual([1_000_000 - spent, held]);
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
  const drawn = plot(
    'flat <&>',
    flat,
    backtest(flat, { strategy: plan({}), cash: '1.00', size: { qty: '1' } }),
  );
  expect(drawn).not.toMatch(/NaN|Infinity|<&>/);
});

/** What a file says, as `time price` lines. */
const read = (text: string | Uint8Array) =>
  parsePrices(text, 'prices.csv').map(({ time, price }) => `${time} ${price}`);

describe('the file of', () => {
  test.each([
    [
      'Yahoo, whose days without a trade are null',
      'Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,2,3,187.149994,186.403198,100\n2024-01-03,null,null,null,null,null,null\n',
      ['2024-01-02T00:00:00Z 187.149994'],
    ],
    [
      'Nasdaq, the newest first, the month first, with dollar signs',
      '"Date","Close/Last","Volume","Open","High","Low"\r\n"03/05/2024","$1,234.56","1","$1","$1","$1"\r\n03/04/2024,$170.12,1,$1,$1,$1\r\n',
      ['2024-03-04T00:00:00Z 170.12', '2024-03-05T00:00:00Z 1234.56'],
    ],
    [
      'Stooq by day',
      'Date,Open,High,Low,Close,Volume\r\n2024-01-02,1,2,3,187.149994,100\r\n',
      ['2024-01-02T00:00:00Z 187.149994'],
    ],
    [
      'Stooq by the minute, with CR line ends',
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\rAAPL.US,5,20240102,153000,1,1,1,187.15,1,0\r',
      ['2024-01-02T15:30:00Z 187.15'],
    ],
    [
      'Alpaca in JSON, its numbers to the digit',
      '{"bars":[{"c":187.1500000000000001,"t":"2024-01-02T05:00:00.123456789Z","n":1}],"symbol":"AAPL","next_page_token":null}',
      ['2024-01-02T05:00:00.123456789Z 187.1500000000000001'],
    ],
    [
      'Alpaca in JSON, by symbol',
      '{"bars":{"AAPL":[{"t":"2024-01-02T05:00:00Z","c":187.15}]}}',
      ['2024-01-02T05:00:00Z 187.15'],
    ],
    [
      'Alpaca as pandas writes it',
      'symbol,timestamp,open,close\nAAPL,2024-01-02 05:00:00+00:00,1,187.15\n',
      ['2024-01-02T05:00:00Z 187.15'],
    ],
    [
      'a spreadsheet in a country with a decimal comma',
      '\uFEFFDate;Close\r\n06.01.2026;1.234\r\n05.01.2026;1.234,50\r\n;\r\n',
      ['2026-01-05T00:00:00Z 1234.50', '2026-01-06T00:00:00Z 1234'],
    ],
    [
      'tabs, blank lines and offsets, without a header',
      '2026-01-05 09:30:00-05:00\t1.5\n\n  \n2026-01-05T09:30:00.1234567-0500\t1.6\n',
      ['2026-01-05T14:30:00Z 1.5', '2026-01-05T14:30:00.1234567Z 1.6'],
    ],
    [
      'seconds and parts of them since 1970',
      'price,time\n3,1767623400124000\n1,1767623400\n2,1767623400.123\n',
      ['2026-01-05T14:30:00Z 1', '2026-01-05T14:30:00.123Z 2', '2026-01-05T14:30:00.124Z 3'],
    ],
    [
      'names of months, halves of days, and a date that decides the order of the others',
      'Date,Close\n"Jan 5, 2026",.5\n02/03/2026 4:05 PM,2\n1/31/2026 12:00 AM,2\n6-Feb-2026,3\n',
      [
        '2026-01-05T00:00:00Z 0.5',
        '2026-01-31T00:00:00Z 2',
        '2026-02-03T16:05:00Z 2',
        '2026-02-06T00:00:00Z 3',
      ],
    ],
    [
      'Excel, which names the separator, in a country with a decimal comma',
      'sep=;\r\nDate;Close\r\n02.01.2024;1,234\r\n03.01.2024;0,875\r\n',
      ['2024-01-02T00:00:00Z 1.234', '2024-01-03T00:00:00Z 0.875'],
    ],
    [
      'Excel, with a mark, quotes, and commas',
      '\uFEFF"sep=,"\nDate,Close\n12-Oct-2026,1.234\n"Sept 4, 2026",2\n',
      ['2026-09-04T00:00:00Z 2', '2026-10-12T00:00:00Z 1.234'],
    ],
    [
      'a spreadsheet with a decimal point, which a price below one decides',
      'Date;Close\n02.01.2024;1.234\n03.01.2024;0.875\n',
      ['2024-01-02T00:00:00Z 1.234', '2024-01-03T00:00:00Z 0.875'],
    ],
    [
      'a program that writes exponents, on its last page',
      '{"bars":[{"t":1.7676234e9,"c":8.12e-06},{"t":1767623401,"c":1.50E+3},{"t":1767623402,"c":12.5e0},{"t":1767623403,"c":1E-18}],"next_page_token":""}',
      [
        '2026-01-05T14:30:00Z 0.00000812',
        '2026-01-05T14:30:01Z 1500',
        '2026-01-05T14:30:02Z 12.5',
        '2026-01-05T14:30:03Z 0.000000000000000001',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
    expect(read(Buffer.from(text))).toEqual(expected);
  });
});

test('times within a millisecond keep their order', () => {
  const times = ['2026-01-05T14:30:00.0000002Z', '2026-01-05T14:30:00.0000001Z'];
  expect(read(`time,price\n${times.map((time, index) => `${time},${index + 1}\n`).join('')}`)).toEqual([
    `${times[1]} 2`,
    `${times[0]} 1`,
  ]);
});

test('any price and its time are read as they were written', () => {
  const digits = fc.tuple(fc.bigInt(1n, 10n ** 12n - 1n), fc.integer({ min: 0, max: 999_999_999 }));
  fc.assert(
    fc.property(
      digits,
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      ([whole, part], date) => {
        const price = `${whole}.${String(part).padStart(9, '0')}`;
        const second = date.toISOString().slice(0, 19);
        expect(read(`time,price\n${second}+01:00,${price}\n`)).toEqual([
          `${new Date(Date.parse(`${second}Z`) - 3_600_000).toISOString().slice(0, 19)}Z ${price}`,
        ]);
      },
    ),
  );
});

test.each([
  ['', 'line 1 is missing'],
  ['Datum;Schluss\n', 'line 1 is "Datum,Schluss", expected the header "time,price"'],
  ['date,close,Close\n', 'line 1 names the column "close" twice'],
  ['time,price\n', 'line 2 is missing'],
  ['Date,Close\n2026-01-05,null\n', 'line 2 and all after it have no price'],
  ['time,price\n2026-02-30,1.00\n', 'line 2 has the time "2026-02-30", expected one such as'],
  ['time,price\n2026-01-05 10:00 EST,1.00\n', 'line 2 has the time "2026-01-05 10:00 EST", expected'],
  ['time,price\n2026-01-05 24:00,1.00\n', 'line 2 has the time "2026-01-05 24:00", expected'],
  ['time,price\n03/04/2024,1.00\n', 'line 2 has the date "03/04/2024", which has two meanings'],
  [
    'time,price\n13/04/2024,1.00\n\n04/13/2024,1.00\n',
    'line 4 has the date "04/13/2024", whose day and month are in another order than line 2',
  ],
  ['time,price\n2026-01-05T00:00:00Z,1e3\n', 'line 2 has the price "1e3", expected one such as'],
  ['time,price\n2026-01-05T00:00:00Z,-1\n', 'line 2 has the price "-1", expected one such as'],
  ['time,price\n2026-01-05T00:00:00Z,0.00\n', 'line 2 has the price "0.00", expected one such as'],
  ['time;price\n2026-01-05;1,234\n', 'line 2 has the price "1,234", which has two meanings'],
  [
    'Date;Close\n02.01.2024;1.234\n03.01.2024;1.235\n',
    'line 2 has the price "1.234", which has two meanings',
  ],
  ['Date,Close\n02.01.2024,12.345\n', 'line 2 has the price "12.345", which has two meanings'],
  ['time;price\n2026-01-05;10\n2026-01-06;123.456\n', 'line 3 has the price "123.456", which has two'],
  ['sep=|\nDate|Close\n2026-01-05|1\n', 'line 1 names the separator "|", expected a tab, a semicolon'],
  ['sep=;\nDate;Close\nsoon;1\n', 'line 3 has the time "soon"'],
  ['Date,Close\n"Janky 4, 2024",1\n', 'line 2 has the time "Janky 4, 2024", expected one such as'],
  ['Date,Close\n4 Mayhem 2024,1\n', 'line 2 has the time "4 Mayhem 2024", expected one such as'],
  ['[{"t":"2026-01-05","c":1e-19}]', 'bar 1 has the price "0.0000000000000000001", expected'],
  ['[{"t":"2026-01-05","c":-1e3}]', 'bar 1 has the price "-1e3", expected'],
  [
    'time;price\n2026-01-05;1,5\n2026-01-06;1.5\n',
    'line 3 has the price "1.5", whose decimal mark is not that of line 2',
  ],
  ['time,price\n2026-01-05T00:00:00Z,1.00,2\n', 'line 2 has 3 values'],
  ['time,price\n2026-01-05T00:00:00Z\n', 'line 2 has 1 value, expected the 2 that the header names'],
  ['2026-01-05,1,2,3\n', 'line 1 has 4 values, expected a time and a price, or a header'],
  ['time,price\n2026-01-05,"1.00\n', 'line 2 has a quote (") that is not closed'],
  ['symbol,time,price\nA,2026-01-05,1\nB,2026-01-06,1\n', 'line 3 has the symbol "B", expected "A"'],
  ['[{"t":"2026-01-05","c":1},{"t":"soon","c":1}]', 'bar 2 has the time "soon"'],
  [
    'time,price\n2026-01-05T00:00:00Z,1.00\n2026-01-05T01:00:00+01:00,1.00\n',
    'line 3 has the time 2026-01-05T00:00:00Z, as line 2 has, expected each time once',
  ],
])('%j is refused with its line', (text, words) => {
  expect(() => parsePrices(text, 'prices.csv')).toThrow(`prices.csv: ${words}`);
});

test.each([
  [Buffer.from('\uFEFFtime,price\n', 'utf16le'), 'is in UTF-16'],
  [Buffer.from('time,price\n', 'utf16le'), 'is in UTF-16'],
  [Buffer.from('time,pri\xe9\n', 'latin1'), 'is not in UTF-8'],
  [Buffer.from('{"bars":{"A":[],"B":[]}}'), "can't be read: it has bars of 2 symbols, expected one"],
  [
    Buffer.from('{"bars":[{"t":"2026-01-05","c":1}],"next_page_token":"QUFQTA=="}'),
    "can't be read: the file is one page of several",
  ],
  [Buffer.from('{"message":"forbidden."}'), "can't be read: expected JSON of the shape"],
  [Buffer.from('{"bars":['), 'begins like JSON, but is not valid JSON'],
])('%# is refused with the file', (bytes, words) => {
  expect(() => parsePrices(bytes, 'prices.csv')).toThrow(`prices.csv ${words}`);
});

test.each([
  [[], "Missing required argument 'file'. See npm run trader -- backtest --help."],
  [['a.csv', 'b.csv'], 'Unexpected argument "b.csv"'],
  [['nowhere.csv'], "The file nowhere.csv can't be read or written: ENOENT."],
  [[FILE, '--strategy', 'luck'], '--strategy is not valid'],
  [[FILE, '--strategy', 'moving-average', '--short', '30'], '--short is not valid: the short window '],
  [[FILE, '--sell-above', 'high'], '--sell-above is not valid: a price is'],
  [[FILE, '--cash', '0'], '--cash takes an amount in dollars'],
  [[FILE, '--quantity', '1,5'], '--quantity takes a number of shares such as 3 or 0.25'],
])('%j is refused in one line', async (args, words) => {
  const { code, stdout, stderr } = await trader(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(words);
});
