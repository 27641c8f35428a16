import { jest } from '@jest/globals';
import fc from 'fast-check';
import { alpacaMarket } from '../../functions/market/alpaca/alpaca.ts';
import { finishedBars } from '../../functions/market/alpaca/bars.ts';
import { Broker } from '../../functions/market/alpaca/broker.ts';
import { sessionsBack, timeframe } from '../../functions/market/alpaca/timeframe.ts';
import { barsSince } from '../../functions/market/bars-since.ts';
import { movingAverage } from '../../functions/strategies/moving-average.ts';
import type { BarQuery } from '../../functions/market/market.ts';
import { recommend } from '../../functions/strategies/strategy.ts';
import { backtest } from '../../infra/cli/backtest/backtest.ts';
import { FakeBroker, KEYS } from '../support/fake-broker.ts';
import { FakeTape, type TapeTrade } from '../support/fake-tape.ts';

// The broker's own SDK over HTTP, against a fake of its documented market data.
const fake = new FakeBroker();
let url: string;
let tape: FakeTape;
beforeAll(async () => {
  url = await fake.listen();
});
afterAll(() => fake.close());
beforeEach(() => {
  fake.tape = tape = new FakeTape();
  fake.requests.length = 0;
});

const market = alpacaMarket('paper', (work) =>
  work(new Broker({ ...KEYS, tradingUrl: url, dataUrl: url, feed: 'iex' })),
);

const at = (time: string) => Date.parse(time);
const trade = (time: string, cents: number): TapeTrade => ({ at: at(time), cents });
/** `TIME CLOSE` of each bar. */
const barsBy = async (endedBy: string, count: number, everyMinutes: number) => {
  const bars = await market.bars('AMZN', { endedBy: new Date(endedBy), count, everyMinutes });
  return bars.map(({ end, close }) => `${end.toISOString().replace('.000Z', 'Z')} ${close}`);
};

test('a bar is labelled by its end, has the last price before it, and comes after those before it', async () => {
  tape.trades = [
    trade('2026-01-05T14:30:00Z', 10_000),
    trade('2026-01-05T14:34:59.999Z', 10_100),
    // The first trade of the next bar.
    trade('2026-01-05T14:35:00Z', 10_200),
    trade('2026-01-05T14:41:00Z', 10_300),
  ];
  expect(await barsBy('2026-01-05T14:45:00Z', 3, 5)).toEqual([
    '2026-01-05T14:35:00Z 101',
    '2026-01-05T14:40:00Z 102',
    '2026-01-05T14:45:00Z 103',
  ]);
  expect(await barsBy('2026-01-05T14:45:00Z', 2, 5)).toHaveLength(2);
});

test('an unfinished bar is not answered, also where the broker does', async () => {
  tape.trades = [trade('2026-01-05T14:30:00Z', 10_000), trade('2026-01-05T14:35:00Z', 10_200)];
  for (const time of ['2026-01-05T14:35:00Z', '2026-01-05T14:39:59.999Z']) {
    expect(await barsBy(time, 2, 5)).toEqual(['2026-01-05T14:35:00Z 100']);
  }
  expect(await barsBy('2026-01-05T14:34:59Z', 2, 5)).toEqual([]);
});

test('bars of hours begin at full hours, also where the market opens between', async () => {
  tape.trades = [trade('2026-01-05T14:30:00Z', 10_000), trade('2026-01-05T15:59:00Z', 10_200)];
  expect(await barsBy('2026-01-05T16:10:00Z', 5, 60)).toEqual([
    '2026-01-05T15:00:00Z 100',
    '2026-01-05T16:00:00Z 102',
  ]);
});

test('a stretch without a trade has no bar, and as many bars as were asked for come from before it', async () => {
  tape.trades = [
    trade('2026-01-02T20:58:00Z', 9_900),
    trade('2026-01-05T14:31:00Z', 10_000),
    trade('2026-01-05T14:46:00Z', 10_100),
  ];
  expect(await barsBy('2026-01-05T14:50:00Z', 3, 5)).toEqual([
    '2026-01-02T21:00:00Z 99',
    '2026-01-05T14:35:00Z 100',
    '2026-01-05T14:50:00Z 101',
  ]);
});

test('prices of before a split are those of the new shares', async () => {
  tape.split = { at: at('2026-01-05T14:35:00Z'), ratio: 20 };
  tape.trades = [trade('2026-01-05T14:30:00Z', 200_000), trade('2026-01-05T14:35:00Z', 10_010)];
  expect(await barsBy('2026-01-05T14:40:00Z', 2, 5)).toEqual([
    '2026-01-05T14:35:00Z 100',
    '2026-01-05T14:40:00Z 100.1',
  ]);
});

test('an answer of several pages is read to its end, and a bar that is in it twice counts once', async () => {
  tape.pageSize = 2;
  tape.copies = 2;
  tape.trades = ['14:30', '14:35'].map((time, index) => trade(`2026-01-05T${time}:00Z`, 10_000 + index));
  expect(await barsBy('2026-01-05T14:40:00Z', 3, 5)).toEqual([
    '2026-01-05T14:35:00Z 100',
    '2026-01-05T14:40:00Z 100.01',
  ]);
});

describe('a bar that the broker has not made yet', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test.each([
    ['14:35:00.500', '14:35:00', 2_500],
    ['14:35:03.000', '14:35:00', 0],
    ['14:37:00.000', '14:35:00', 0],
    // The tick came late: the bar has long been made.
    ['14:52:00.000', '14:50:00', 0],
  ])('is waited for: at %s for %s, %i ms', async (now, endedBy, waitMs) => {
    const begun = at(`2026-01-05T${now}Z`);
    jest.useFakeTimers({ now: begun });
    let asked = NaN;
    const source = {
      ...tape.source,
      bars: () => {
        asked = Date.now();
        return Promise.resolve([]);
      },
    };
    const query = { endedBy: new Date(`2026-01-05T${endedBy}Z`), count: 1, everyMinutes: 5 };
    const answer = finishedBars(source, 'AMZN', query);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await answer).toEqual([]);
    expect(asked - begun).toBe(waitMs);
  });
});

describe('bars of a day', () => {
  beforeEach(() => {
    // A half session on the day after Thanksgiving, and the first session with daylight saving.
    tape.sessions = [
      { date: '2025-11-26', midnight: at('2025-11-26T05:00:00Z'), close: '16:00' },
      { date: '2025-11-28', midnight: at('2025-11-28T05:00:00Z'), close: '13:00' },
      { date: '2026-03-06', midnight: at('2026-03-06T05:00:00Z'), close: '16:00' },
      { date: '2026-03-09', midnight: at('2026-03-09T04:00:00Z'), close: '16:00' },
    ];
    tape.trades = [
      trade('2025-11-26T20:59:00Z', 10_000),
      trade('2025-11-28T17:59:00Z', 10_100),
      trade('2026-03-06T20:59:00Z', 10_200),
      trade('2026-03-09T19:59:00Z', 10_300),
    ];
  });

  test('end when the session closes: at 16:00 in New York, and at 13:00 on a half day', async () => {
    expect(await barsBy('2025-11-28T18:00:00Z', 2, 1440)).toEqual([
      '2025-11-26T21:00:00Z 100',
      '2025-11-28T18:00:00Z 101',
    ]);
    expect(await barsBy('2026-03-09T20:00:00Z', 1, 1440)).toEqual(['2026-03-09T20:00:00Z 103']);
  });

  test('are not there before that', async () => {
    expect(await barsBy('2025-11-28T17:59:59Z', 2, 1440)).toEqual(['2025-11-26T21:00:00Z 100']);
    expect(await barsBy('2026-03-09T19:59:59Z', 1, 1440)).toEqual(['2026-03-06T21:00:00Z 102']);
  });

  test('on a day that the calendar does not have are an error, and nothing is guessed', async () => {
    tape.calendar = () => [];
    const failure = barsBy('2025-11-28T18:00:00Z', 2, 1440);
    await expect(failure).rejects.toThrow('a day on which its calendar has no session');
  });
});

describe('the crossings of random bars', () => {
  const strategy = movingAverage(2, 4);
  const LENGTH_MS = 5 * 60_000;
  const BEGIN = at('2026-01-05T14:30:00Z');
  const NIGHT_MS = 17 * 3_600_000;

  /** The cents of a bar's trades; few values, so that the averages are often equal. Some bars have no trade. */
  const series = fc.array(fc.array(fc.integer({ min: 99, max: 102 }), { maxLength: 2 }), {
    minLength: 8,
    maxLength: 40,
  });
  /** With a night after the twelfth bar. */
  const startOf = (index: number) => BEGIN + index * LENGTH_MS + (index >= 12 ? NIGHT_MS : 0);

  function trading(bars: number[][]): { end: number; cents: number }[] {
    tape.trades = bars.flatMap((trades, index) =>
      trades.map((cents, n) => ({ at: startOf(index) + n * 60_000, cents: cents * 100 })),
    );
    return bars.flatMap((trades, index) =>
      trades.length === 0 ? [] : [{ end: startOf(index) + LENGTH_MS, cents: trades.at(-1)! }],
    );
  }

  /** By whole numbers, bar for bar: the sign of the difference of the averages, and 0 before there are enough bars. */
  function signs(finished: { end: number; cents: number }[]): { end: number; sign: number }[] {
    const sum = (some: { cents: number }[]) => some.reduce((total, { cents }) => total + cents, 0);
    return finished.map(({ end }, index) => {
      const upTo = finished.slice(0, index + 1);
      return { end, sign: index < 3 ? 0 : Math.sign(2 * sum(upTo.slice(-2)) - sum(upTo.slice(-4))) };
    });
  }

  /** Each change of the sign that is not zero. */
  function crossings(finished: { end: number; cents: number }[]): string[] {
    const sided = signs(finished).filter(({ sign }) => sign !== 0);
    return sided.flatMap(({ end, sign }, index) => {
      const before = sided[index - 1]?.sign ?? sign;
      return sign === before ? [] : [`${sign > 0 ? 'buy' : 'sell'} ${end}`];
    });
  }

  /** What is recommended at ticks one after the other, each of which knows what the one before has seen. */
  async function signals(ticks: number[]): Promise<string[]> {
    const found: string[] = [];
    let since: Date | undefined;
    for (const tick of ticks) {
      // The function is invoked some seconds later.
      tape.now = tick + 2_000;
      const query = {
        endedBy: new Date(tick),
        since,
        looksBack: strategy.looksBack,
        everyMinutes: 5,
        most: 1000,
      };
      const recent = await barsSince(source, 'AMZN', query);
      const closes = recent.bars.map(({ close }) => close);
      const recommended = recommend(strategy, { price: '1.00', closes, fresh: recent.fresh });
      if (recommended !== 'hold') found.push(`${recommended} ${tick}`);
      since = recent.bars.at(-1)?.end ?? since;
    }
    return found;
  }

  const source = { bars: (symbol: string, query: BarQuery) => finishedBars(tape.source, symbol, query) };
  const runs = { numRuns: 200, seed: 16 };
  const ends = (bars: number[][]) => bars.map((_, index) => startOf(index) + LENGTH_MS);

  test('are one signal each, at the tick at which the bar ends', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(series, async (bars) => {
        const expected = crossings(trading(bars));
        seen += expected.length;
        expect(await signals(ends(bars))).toEqual(expected);
      }),
      runs,
    );
    expect(seen).toBeGreaterThan(40);
  });

  test('are one signal each, however many ticks a bar has', async () => {
    await fc.assert(
      fc.asyncProperty(series, async (bars) => {
        const expected = crossings(trading(bars));
        const ticks = ends(bars).flatMap((end) => [0, 1, 2, 3].map((part) => end + (part * LENGTH_MS) / 4));
        expect(await signals(ticks)).toEqual(expected);
      }),
      runs,
    );
  });

  test('are seen by the next tick where some did not come, and leave the strategy on the same side', async () => {
    await fc.assert(
      fc.asyncProperty(series, fc.infiniteStream(fc.boolean()), async (bars, stream) => {
        const finished = trading(bars);
        const all = crossings(finished);
        // Until a side is known there is nothing to miss.
        const known = signs(finished).find(({ sign }) => sign !== 0)?.end ?? Infinity;
        const last = ends(bars).at(-1)!;
        const ticks = ends(bars).filter((end) => end <= known || stream.next().value || end === last);
        const found = await signals(ticks);
        const kinds = found.map((each) => each.split(' ')[0]);
        expect(kinds.every((kind, index) => kind !== kinds[index - 1])).toBe(true);
        // Two crossings between two ticks are no signal: the side is the same again.
        if (found.length > 0) expect(kinds.at(-1)).toBe(all.at(-1)!.split(' ')[0]);
        expect(all.length % 2).toBe(found.length % 2);
      }),
      runs,
    );
  });

  test('are what a backtest over the same bars trades', async () => {
    await fc.assert(
      fc.asyncProperty(series, async (bars) => {
        const finished = trading(bars);
        if (finished.length === 0) return;
        const prices = finished.map(({ end, cents }) => ({ time: String(end), price: cents.toFixed(2) }));
        const { trades } = backtest(prices, { strategy, cash: '100000.00', size: { qty: '1' } });
        // It sells nothing that it does not have.
        const live = await signals(ends(bars));
        const long = live.slice(live.findIndex((each) => each.startsWith('buy')));
        const expected = live.some((each) => each.startsWith('buy')) ? long : [];
        expect(trades.map(({ type, time }) => `${type} ${time}`)).toEqual(expected);
      }),
      runs,
    );
  });
});

test.each([
  [5, '5Min'],
  [60, '1Hour'],
  [120, '2Hour'],
  [1440, '1Day'],
])('bars of %i minutes are %s', (minutes, text) => {
  expect(timeframe(minutes)).toBe(text);
});

test('enough sessions are looked back, over a weekend too', () => {
  const monday = new Date('2026-01-05T15:00:00Z');
  expect(sessionsBack(monday, 50, 5).getTime()).toBeLessThan(at('2026-01-02T14:30:00Z'));
  expect(sessionsBack(monday, 200, 1440).getTime()).toBeLessThan(at('2025-03-20T00:00:00Z'));
});
