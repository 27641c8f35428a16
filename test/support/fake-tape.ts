import type { BarSource } from '../../functions/market/alpaca/bars.ts';

/** A trade at the market: milliseconds since 1970, and cents. */
export interface TapeTrade {
  at: number;
  cents: number;
}

interface TapeSession {
  /** `YYYY-MM-DD` */
  date: string;
  /** Midnight in New York. */
  midnight: number;
  /** `HH:MM` in New York. */
  close: string;
}

const MINUTE_MS = 60_000;

/**
 * What the broker's market data says of a symbol's trades, as it is documented: a bar is labelled by its start, contains
 * the trades from then on and before its end, exists if there is a trade in it, and is answered before it is over; `start`
 * and `end` are the first and the last label, inclusive; prices are raw, unless the adjustment for splits is asked for; an
 * answer may be one page of several.
 *
 * https://docs.alpaca.markets/reference/stockbarsingle, https://alpaca.markets/learn/stock-minute-bars
 */
export class FakeTape {
  /** The time at the broker: later trades are not known. */
  now = Infinity;
  /** In any order. */
  trades: TapeTrade[] = [];
  sessions: TapeSession[] = [];
  /** One old share is `ratio` new ones from an instant on. */
  split: { at: number; ratio: number } | undefined;
  /** The most bars in a page. */
  pageSize = 10_000;
  /** How often each bar is in an answer. */
  copies = 1;

  get latest(): TapeTrade | undefined {
    return this.#known().at(-1);
  }

  /** The body that answers a request for bars. */
  bars(query: URLSearchParams): { bars: { t: string; c: number }[] | null; next_page_token: string | null } {
    const [first, last] = ['start', 'end'].map((name) => Date.parse(query.get(name)!)) as [number, number];
    const closes = new Map<number, number>();
    for (const trade of this.#known()) {
      const label = this.#labelOf(trade.at, query.get('timeframe')!);
      if (label < first || label > last) continue;
      const isAdjusted = query.get('adjustment') === 'split' && this.split && trade.at < this.split.at;
      closes.set(label, trade.cents / (isAdjusted ? this.split!.ratio : 1));
    }
    const all = [...closes].flatMap((bar) => Array<[number, number]>(this.copies).fill(bar));
    const sorted = query.get('sort') === 'desc' ? all.toReversed() : all;
    const from = Number(query.get('page_token') ?? 0);
    const to = from + Math.min(this.pageSize, Number(query.get('limit') ?? 1000));
    const bars = sorted.slice(from, to).map(([label, cents]) => ({
      ...{ t: new Date(label).toISOString(), c: cents / 100 },
      ...{ o: 1, h: 1, l: 1, v: 1, n: 1, vw: 1 },
    }));
    return { bars: bars.length > 0 ? bars : null, next_page_token: to < sorted.length ? String(to) : null };
  }

  /** The same, without HTTP. */
  get source(): BarSource {
    return {
      bars: (_, { timeframe, from, to, count }) => {
        const range = { start: from.toISOString(), end: to.toISOString(), limit: String(count) };
        const query = new URLSearchParams({ timeframe, ...range, sort: 'desc', adjustment: 'split' });
        const bars = this.bars(query).bars ?? [];
        return Promise.resolve(bars.map(({ t, c }) => ({ start: new Date(t), close: String(c) })));
      },
      calendar: () => Promise.resolve([]),
    };
  }

  calendar(query: URLSearchParams): object[] {
    const [first, last] = ['start', 'end'].map((name) => query.get(name)!.slice(0, 10)) as [string, string];
    return this.sessions
      .filter(({ date }) => date >= first && date <= last)
      .map(({ date, close }) => ({
        ...{ date, open: '09:30', close, session_open: '0400', session_close: '2000' },
        settlement_date: date,
      }));
  }

  #known(): TapeTrade[] {
    return this.trades.filter(({ at }) => at <= this.now).toSorted((one, other) => one.at - other.at);
  }

  #labelOf(at: number, timeframe: string): number {
    if (timeframe === '1Day') return this.sessions.findLast(({ midnight }) => midnight <= at)!.midnight;
    const [, count, unit] = /^(\d+)(Min|Hour)$/.exec(timeframe)!;
    const periodMs = Number(count) * (unit === 'Min' ? 1 : 60) * MINUTE_MS;
    return Math.floor(at / periodMs) * periodMs;
  }
}
