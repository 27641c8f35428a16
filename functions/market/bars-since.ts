import type { Bar, Market } from './market.ts';

const MINUTE_MS = 60_000;

export interface RecentBars {
  /** Oldest first. */
  bars: Bar[];
  /** How many of them, counted from the newest, are new. */
  fresh: number;
}

/**
 * The bars that ended after an instant, and some before them. Without the instant, the newest bar alone is new.
 *
 * @param query `looksBack`: how many bars before the new ones; `most`: how many in all
 */
export async function barsSince(
  market: Pick<Market, 'bars'>,
  symbol: string,
  query: { endedBy: Date; since: Date | undefined; looksBack: number; everyMinutes: number; most: number },
): Promise<RecentBars> {
  const { endedBy, since, looksBack, everyMinutes, most } = query;
  const sinceMs = since === undefined ? 0 : endedBy.getTime() - since.getTime();
  const newAtMost = Math.max(1, Math.ceil(sinceMs / (everyMinutes * MINUTE_MS)));
  const count = Math.min(most, looksBack + newAtMost);
  const bars = await market.bars(symbol, { endedBy, count, everyMinutes });
  const fresh = since ? bars.filter(({ end }) => end > since).length : Math.min(1, bars.length);
  // Over a night or a weekend fewer have ended than there was time for.
  return { bars: bars.slice(Math.max(0, bars.length - looksBack - fresh)), fresh };
}
