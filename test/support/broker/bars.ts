import { Money } from '../../../functions/shared/money.ts';
import type { Calendar } from './calendar.ts';
import { iso } from './calendar.ts';
import type { Market } from './market.ts';
import { dayOf, instantOf } from './new-york.ts';
import { type Refusal, refusal } from './replies.ts';
import type { Instant, Reply } from './types.ts';

const MINUTE_MS = 60_000;
const DEFAULT_LIMIT = 1_000;
const MAX_LIMIT = 10_000;
/** How much of the newest SIP data the free plan does not show. */
const RECENT_MS = 15 * MINUTE_MS;
const ADJUSTMENTS = ['raw', 'split', 'dividend', 'all'];

/** How many instants of a bar are looked at for its high and its low. */
const SAMPLES = 4;

interface Bar {
  symbol: string;
  at: Instant;
  json: object;
}

/**
 * Bars, as https://docs.alpaca.markets/reference/stockbars describes them: labelled by their start, `start` and `end`
 * both included, the bar that is under way among them, as many as `limit` in all, the rest by `page_token`. Hours and
 * minutes are counted from midnight and a day's bar is labelled by it
 * (https://forum.alpaca.markets/t/14632). There are bars of the regular session only.
 */
export class Bars {
  readonly #market: Market;
  readonly #calendar: Calendar;

  constructor(market: Market, calendar: Calendar) {
    this.#market = market;
    this.#calendar = calendar;
  }

  /** One page, for one or several symbols. */
  page(
    symbols: string[],
    query: URLSearchParams,
    now: Instant,
  ): { bars: Bar[]; next: string | null } | Refusal {
    const minutes = minutesOf(query.get('timeframe') ?? '');
    if (minutes === undefined) return refusal(400, undefined, `invalid timeframe: ${query.get('timeframe')}`);
    const adjustment = query.get('adjustment') ?? 'raw';
    if (!ADJUSTMENTS.includes(adjustment)) {
      return refusal(400, undefined, `invalid adjustment: ${adjustment}`);
    }
    const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT)) {
      return refusal(400, undefined, `limit must be between 1 and ${MAX_LIMIT}`);
    }
    const start = instant(query.get('start')) ?? instantOf(dayOf(now));
    const end = instant(query.get('end')) ?? now;
    const found = symbols.toSorted().flatMap((symbol) => {
      const bars = this.#bars(symbol, minutes, start, end, adjustment, now);
      return query.get('sort') === 'desc' ? bars.toReversed() : bars;
    });
    const token = query.get('page_token');
    const from = token === null ? 0 : found.findIndex((bar) => tokenOf(bar) === token);
    if (from === -1) return refusal(400, undefined, 'invalid page_token');
    const next = found[from + limit];
    return { bars: found.slice(from, from + limit), next: next ? tokenOf(next) : null };
  }

  #bars(
    symbol: string,
    minutes: number,
    start: Instant,
    end: Instant,
    adjustment: string,
    now: Instant,
  ): Bar[] {
    const length = minutes * MINUTE_MS;
    const last = Math.min(end, now, this.#market.assets.get(symbol)?.haltedAt ?? Infinity);
    const bars: Bar[] = [];
    for (const { midnight, opensAt, closesAt } of this.#calendar.times) {
      if (closesAt <= start && midnight + length <= start) continue;
      if (midnight > last) break;
      const first = midnight + Math.floor((opensAt - midnight) / length) * length;
      for (let at = first; at < closesAt && at <= last; at += length) {
        if (at < start || opensAt > now) continue;
        const span = [Math.max(at, opensAt), Math.min(at + length - 1, closesAt - 1, now)] as const;
        bars.push({ symbol, at, json: this.#bar(symbol, at, span, adjustment, now) });
      }
    }
    return bars;
  }

  #bar(
    symbol: string,
    at: Instant,
    [from, to]: readonly [Instant, Instant],
    adjustment: string,
    now: Instant,
  ) {
    const shares = ['split', 'all'].includes(adjustment)
      ? this.#market.sharesOfOne(symbol, at, now)
      : new Money(1);
    const kept = ['dividend', 'all'].includes(adjustment)
      ? this.#market.shareAfterDividends(symbol, at, now)
      : new Money(1);
    const prices = Array.from({ length: SAMPLES + 1 }, (_, index) =>
      this.#market
        .price(symbol, from + Math.floor(((to - from) * index) / SAMPLES))
        .times(kept)
        .div(shares),
    );
    const shown = (price: Money) => price.toDecimalPlaces(4).toNumber();
    return {
      ...{ t: iso(at).replace('.000Z', 'Z'), o: shown(prices[0]!), c: shown(prices.at(-1)!) },
      ...{ h: shown(Money.max(...prices)), l: shown(Money.min(...prices)) },
      ...{ v: shares.times(1_000).toDecimalPlaces(0).toNumber(), n: 10 },
      vw: shown(Money.sum(...prices).div(prices.length)),
    };
  }
}

/** The free plan's refusal of newest SIP data; https://docs.alpaca.markets/docs/market-data-faq. */
export function refusedFeed(
  plan: string,
  query: URLSearchParams,
  end: Instant,
  now: Instant,
): Reply | undefined {
  if (plan !== 'basic' || query.get('feed') !== 'sip' || end <= now - RECENT_MS) return undefined;
  return refusal(403, undefined, 'subscription does not permit querying recent SIP data').refused;
}

export const instant = (text: string | null): Instant | undefined => {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
};

const tokenOf = ({ symbol, at }: Bar): string => Buffer.from(`${symbol}|${at}`).toString('base64');

/** 1 to 59 minutes, 1 to 23 hours, a day. */
function minutesOf(timeframe: string): number | undefined {
  const [, count, unit] = /^(\d+)(Min|T|Hour|H|Day|D)$/.exec(timeframe) ?? [];
  const number = Number(count);
  if (unit === 'Min' || unit === 'T') return number >= 1 && number <= 59 ? number : undefined;
  if (unit === 'Hour' || unit === 'H') return number >= 1 && number <= 23 ? number * 60 : undefined;
  return unit !== undefined && number === 1 ? 24 * 60 : undefined;
}
