import fc from 'fast-check';
import { Decimal } from 'decimal.js';
import { Display } from '../../../infra/local/display.ts';
import { LiveRuns } from '../../../infra/local/live-state.ts';
import { countdown, liveView, positionLine, type LiveState } from '../../../infra/local/live-view.ts';
import { afterTrade, unrealized, type Position, type Trade } from '../../../functions/ledger/position.ts';

const buy = (qty: number, price: string): Trade => ({ symbol: 'AMZN', type: 'buy', qty, price });
const sell = (qty: number, price: string): Trade => ({ ...buy(qty, price), type: 'sell' });
const positionOf = (trades: Trade[]) =>
  trades.reduce<Position | undefined>((before, trade) => afterTrade(before, trade), undefined)!;

describe('a position', () => {
  test.each<[string, Trade[], number, string, string]>([
    ['what was bought', [buy(2, '10.00'), buy(1, '13.00')], 3, '11', '0'],
    ['what is left of it', [buy(3, '10.00'), sell(1, '12.50')], 2, '10', '2.5'],
    ['nothing, with what was made', [buy(2, '10.00'), sell(2, '9.25')], 0, '0', '-1.5'],
    ['what was sold short', [sell(2, '10.00'), sell(2, '12.00')], -4, '11', '0'],
    ['a short one that was bought back', [sell(4, '11.00'), buy(1, '10.00')], -3, '11', '1'],
    ['one that turned', [buy(1, '10.00'), sell(3, '12.00')], -2, '12', '2'],
    [
      'of many decimals',
      [buy(1, '0.1000'), buy(2, '0.2001')],
      3,
      '0.1667333333333333333333333333333333333333',
      '0',
    ],
  ])('is %s', (_, trades, qty, averageCost, realized) => {
    const position = positionOf(trades);
    expect(position.qty).toBe(qty);
    expect(position.averageCost.toString()).toBe(averageCost);
    expect(position.realized.toString()).toBe(realized);
  });

  test('with what it would bring accounts for all the money, whatever was traded', () => {
    const trade = fc.record({
      symbol: fc.constant('AMZN'),
      type: fc.constantFrom('buy' as const, 'sell' as const),
      qty: fc.integer({ min: 1, max: 1_000 }),
      price: fc.integer({ min: 1, max: 10_000_000 }).map((cents) => new Decimal(cents).div(100).toFixed(2)),
    });
    fc.assert(
      fc.property(fc.array(trade, { minLength: 1, maxLength: 30 }), (trades) => {
        const position = positionOf(trades);
        const last = trades.at(-1)!.price;
        const cash = trades.reduce((sum, { type, qty, price }) => {
          const amount = new Decimal(price).times(qty);
          return type === 'buy' ? sum.minus(amount) : sum.plus(amount);
        }, new Decimal(0));
        const worth = cash.plus(new Decimal(last).times(position.qty));
        const profit = position.realized.plus(unrealized(position, last));
        // An average may have no end; the decimals that it is cut to are far below a cent.
        expect(profit.minus(worth).abs().lt('0.0000001')).toBe(true);
      }),
    );
  });
});

const now = new Date('2026-01-05T14:30:00Z');
const state: LiveState = {
  nextTick: new Date('2026-01-05T14:32:10Z'),
  running: [{ symbol: 'AMZN', step: 'buy-stock' }],
  runs: [{ symbol: 'AMZN', run: 'a'.repeat(24), outcome: 'bought 1 AMZN at 99.00\u001b[2J' }],
  positions: [positionOf([buy(3, '10.00'), sell(1, '12.50')])],
  prices: new Map([['AMZN', '11.00']]),
};

describe('the view', () => {
  test('shows the next tick, what runs, the ledger and the last runs', () => {
    expect(liveView(state, now, { columns: 80, rows: 24 })).toEqual([
      '─'.repeat(72),
      'next tick in 2 min 10 s; Ctrl-C stops',
      '… AMZN buy-stock running',
      '',
      'AMZN          2 at 10.00, now 11.00: realized 2.50, unrealized 2.00',
      '',
      `AMZN     ${'a'.repeat(24)}  bought 1 AMZN at 99.00\ufffd[2J`,
    ]);
  });

  test('fits a small screen', () => {
    const runs = Array.from({ length: 30 }, () => state.runs[0]!);
    const lines = liveView({ ...state, runs }, now, { columns: 40, rows: 12 });
    expect(lines).toHaveLength(10);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('counts with the last price of a trade where it has seen no other', () => {
    expect(positionLine(state.positions[0]!)).toContain('now 12.50: realized 2.50, unrealized 5.00');
  });

  test.each([
    [999, '1 s'],
    [61_000, '1 min 1 s'],
    [3_660_000, '1 h 1 min'],
    [-5, '0 s'],
  ])('counts %i ms down as %s', (ms, text) => expect(countdown(ms)).toBe(text));
});

test('follows runs by the log, whoever invoked them', () => {
  const runs = new LiveRuns();
  const run = { run: 'r1', key: 'trading/MSFT/k' };
  const step = { ...run, step: 'check-stock-price', action: 'check-stock-price' };
  runs.take({ message: 'step started', ...step, argument: {} });
  expect(runs.running).toEqual([{ symbol: 'MSFT', step: 'check-stock-price' }]);
  const result = { stockPrice: { stock_price: '101.00' } };
  runs.take({ message: 'step ended', ...step, attempts: 1, durationMs: 5, state: 'SUCCESS', result });
  expect(runs.running).toEqual([]);
  expect(runs.prices.get('MSFT')).toBe('101.00');
  runs.take({ message: 'run suspended', ...run, waits: [{ reason: 'it waits' }] });
  expect(runs.runs).toEqual([{ symbol: 'MSFT', run: 'r1', outcome: 'it waits' }]);
  runs.take({ message: 'run ended', ...run, state: 'SUCCESS', result: { rejected: 'no' } });
  expect(runs.runs).toEqual([{ symbol: 'MSFT', run: 'r1', outcome: 'no trade; no' }]);
});

describe('the lines below', () => {
  const screenOf = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, display: new Display({ isTTY, write: (text) => written.push(text) }) };
  };

  test('are drawn over, stay below what is printed, and are left alone where they are the same', () => {
    const { written, display } = screenOf(true);
    display.setFooter(['one', 'two']);
    display.setFooter(['one', 'two']);
    display.print('line');
    expect(written).toEqual(['one\ntwo\n', '\u001b[2A\r\u001b[J', 'line\n', 'one\ntwo\n']);
  });

  test('are not there where the output is no terminal', () => {
    const { written, display } = screenOf(false);
    display.setFooter(['one']);
    display.print('line');
    expect(written).toEqual(['line\n']);
  });
});
