import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { Decimal } from 'decimal.js';
import { Display } from '../../../infra/local/display.ts';
import { eventOf } from '../../../infra/local/tick-event.ts';
import { EnterKey } from '../../../infra/local/enter-key.ts';
import { LiveRuns } from '../../../infra/local/live-state.ts';
import { countdown, liveView, positionLine, type LiveState } from '../../../infra/local/live-view.ts';
import { afterTrade, noPosition, unrealized, type Trade } from '../../../functions/ledger/position.ts';

const buy = (qty: number, price: string): Trade => ({ symbol: 'AMZN', type: 'buy', qty: String(qty), price });
const sell = (qty: number, price: string): Trade => ({ ...buy(qty, price), type: 'sell' });
const positionOf = (trades: Trade[]) =>
  trades.reduce((before, trade) => afterTrade(before, trade), noPosition);

describe('a position', () => {
  test.each<[string, Trade[], number, string, string]>([
    ['the shares that were bought', [buy(2, '10.00'), buy(1, '13.00')], 3, '11', '0'],
    ['the shares that are left', [buy(3, '10.00'), sell(1, '12.50')], 2, '10', '2.5'],
    ['nothing, with the profit', [buy(2, '10.00'), sell(2, '9.25')], 0, '0', '-1.5'],
    ['the shares that were sold short', [sell(2, '10.00'), sell(2, '12.00')], -4, '11', '0'],
    ['a short one that was bought back', [sell(4, '11.00'), buy(1, '10.00')], -3, '11', '1'],
    ['one that turned', [buy(1, '10.00'), sell(3, '12.00')], -2, '12', '2'],
    [
      'of many decimals',
      [buy(1, '0.1000'), buy(2, '0.2001')],
      3,
      '0.1667333333333333333333333333333333',
      '0',
    ],
  ])('is %s', (_, trades, qty, averageCost, realized) => {
    const position = positionOf(trades);
    expect(position.qty.toNumber()).toBe(qty);
    expect(position.averageCost.toString()).toBe(averageCost);
    expect(position.realized.toString()).toBe(realized);
  });

  test('and its value add up to all the money, for any trades', () => {
    const trade = fc.record({
      symbol: fc.constant('AMZN'),
      type: fc.constantFrom('buy' as const, 'sell' as const),
      qty: fc.integer({ min: 1, max: 1_000 }).map(String),
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
  positions: [{ symbol: 'AMZN', ...positionOf([buy(3, '10.00'), sell(1, '12.50')]) }],
  prices: new Map([['AMZN', '11.00']]),
};

describe('the view', () => {
  test('shows the next tick, the running steps, the ledger and the last runs', () => {
    expect(liveView(state, now, { columns: 80, rows: 24 })).toEqual([
      '─'.repeat(72),
      'next tick in 2 min 10 s; Enter ticks now, Ctrl-C stops',
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

  test('uses the price of the last trade if it knows no other', () => {
    expect(positionLine(state.positions[0]!)).toContain('now 12.50: realized 2.50, unrealized 5.00');
  });

  test.each([
    [999, '1 s'],
    [61_000, '1 min 1 s'],
    [3_660_000, '1 h 1 min'],
    [-5, '0 s'],
  ])('counts %i ms down as %s', (ms, text) => expect(countdown(ms)).toBe(text));
});

test('follows the runs of all callers by the log', () => {
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

  test('are replaced, stay below what is printed, and are not drawn again if they are the same', () => {
    const { written, display } = screenOf(true);
    display.setFooter(['one', 'two']);
    display.setFooter(['one', 'two']);
    display.print('line');
    expect(written).toEqual(['one\ntwo\n', '\u001b[2A\r\u001b[J', 'line\n', 'one\ntwo\n']);
  });

  test('are not printed if the output is not a terminal', () => {
    const { written, display } = screenOf(false);
    display.setFooter(['one']);
    display.print('line');
    expect(written).toEqual(['line\n']);
  });
});

describe('a tick of many runs', () => {
  const lines = (count: number) => {
    const written: string[] = [];
    const display = new Display({ write: (text) => written.push(text) }, ' --data d');
    const ids = Array.from({ length: count }, (_, index) => index.toString(16).padStart(24, '0'));
    for (const id of ids) {
      const run = { run: id, key: `trading/S/${id}` };
      const step = { ...run, step: 's', action: 'a' };
      display.takeLog(JSON.stringify({ message: 'run started', ...run }));
      display.takeLog(JSON.stringify({ message: 'step started', ...step, argument: {} }));
      display.takeLog(
        JSON.stringify({
          message: 'step ended',
          ...step,
          attempts: 1,
          durationMs: 1,
          state: 'SUCCESS',
          result: 1,
        }),
      );
      display.takeLog(JSON.stringify({ message: 'run ended', ...run, state: 'SUCCESS', result: null }));
    }
    const runs = ids.map((id, index) => ({
      ...{
        id,
        key: id,
        symbol: `S${index}`,
        startedAt: now.toISOString(),
        endedAt: now.toISOString(),
        result: null,
      },
      ...(index === 7
        ? { state: 'ERROR' as const, error: { name: 'E', message: 'why' }, waits: [] }
        : { state: 'SUCCESS' as const, error: null, waits: [] }),
    }));
    display.showReport({
      tick: 't',
      closedUntil: null,
      runs,
      omitted: 0,
      counts: { traded: count - 1, failed: 1 },
    });
    return written.join('').trimEnd().split('\n');
  };

  test('shows the steps of the first runs, then how many ended, and at the end those that did not succeed', () => {
    const shown = lines(1_000);
    expect(shown.slice(80, 92)).toEqual([
      'more runs follow; their steps are not shown',
      ...Array.from({ length: 10 }, (_, index) => `${(index + 1) * 100} runs ended or suspended`),
      'S7 ERROR after 0 ms: E: why',
    ]);
    expect(shown.slice(92)).toEqual([
      '1000 runs: 999 traded, 1 failed',
      'Each run: npm run trader -- list --data d',
    ]);
  });

  test('of few runs shows all of their steps, each time', () => {
    expect(lines(20)).toHaveLength(20 * 4 + 20 + 1);
  });
});

test('a run that waits for approval says how to answer it', () => {
  const written: string[] = [];
  const display = new Display({ write: (text) => written.push(text) }, " --data 'my data'");
  const wait = { ref: 'approval', reason: 'it waits for an answer', due: now.toISOString() };
  const id = 'a'.repeat(24);
  display.showReport({
    ...{ tick: 't', closedUntil: null, omitted: 0, counts: {} },
    runs: [
      {
        ...{ id, key: 'k', symbol: 'AMZN', state: 'IN_PROGRESS', result: null, error: null, waits: [wait] },
        ...{ startedAt: now.toISOString(), endedAt: null },
      },
    ],
  });
  expect(written.at(-1)).toBe(`  to answer: npm run trader -- approve ${id} --data 'my data', or reject\n`);
});

describe('the event of a tick', () => {
  const time = new Date('2026-11-26T15:00:00Z');
  const input = '{"command":"tick","scheduledTime":"<aws.scheduler.scheduled-time>","symbols":["AMZN"]}';

  test('is that of the schedule', () => {
    expect(eventOf({ time, isScheduled: true }, input)).toEqual({
      ...{ command: 'tick', scheduledTime: '2026-11-26T15:00:00Z', symbols: ['AMZN'] },
    });
  });

  test('at Enter is a run of the same symbols, which starts at any hour', () => {
    expect(eventOf({ time, isScheduled: false }, input)).toEqual({
      ...{ command: 'run', idempotencyKey: '2026-11-26T15:00:00Z', symbols: ['AMZN'] },
    });
  });
});

describe('Enter', () => {
  test('aborts what waits for it, each time', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    let echoed = 0;
    const enter = new EnterKey(input, () => echoed++);
    const first = enter.pressed();
    const aborted = new Promise((resolve) => first.addEventListener('abort', resolve));
    input.write('\n');
    await aborted;
    // Enter during a tick is not lost.
    expect([echoed, enter.isThere, enter.pressed().aborted]).toEqual([1, true, true]);
    enter.take();
    expect(enter.pressed().aborted).toBe(false);
    enter.close();
  });

  test('is not read if the input is not a terminal', () => {
    const enter = new EnterKey(new PassThrough(), () => undefined);
    expect(enter.isThere).toBe(false);
    enter.close();
  });
});
