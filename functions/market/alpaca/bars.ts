import { inFourDecimals } from '../../shared/money.ts';
import type { Bar, BarQuery } from '../market.ts';
import { newYorkDay, newYorkInstant } from '../new-york.ts';
import type { Broker, BrokerBar } from './broker.ts';
import { BrokerError } from './errors.ts';
import { DAY_MINUTES, DAY_MS, MINUTE_MS, sessionsBack, timeframe } from './timeframe.ts';

/**
 * A bar is there 2 to 3 seconds after its end; one that is asked for earlier is missing from the answer:
 * https://forum.alpaca.markets/t/get-most-recent-bars/12024
 */
const MADE_MS = 3_000;

/** What is asked of the broker here. */
export type BarSource = Pick<Broker, 'bars' | 'calendar'>;

/**
 * The broker labels a bar by its start (https://alpaca.markets/learn/stock-minute-bars), also answers the one that is
 * not finished, and takes `end` as the last label, inclusive. The port labels it by its end, and has finished ones only.
 */
export async function finishedBars(broker: BarSource, symbol: string, query: BarQuery): Promise<Bar[]> {
  const { endedBy, count, everyMinutes } = query;
  await untilMade(query);
  const found = await broker.bars(symbol, {
    timeframe: timeframe(everyMinutes),
    from: sessionsBack(endedBy, count, everyMinutes),
    to: endedBy,
    // The newest may be unfinished.
    count: count + 1,
  });
  const ended =
    everyMinutes === DAY_MINUTES ? await withCloses(broker, found) : withEnds(found, everyMinutes);
  const byEnd = new Map(ended.filter(({ end }) => end <= endedBy).map((bar) => [bar.end.getTime(), bar]));
  return [...byEnd.values()]
    .toSorted((one, other) => one.end.getTime() - other.end.getTime())
    .slice(-count)
    .map(({ end, close }) => ({ end, close: inFourDecimals(close) }));
}

/** All bars end on a full hour, or a part of it. */
async function untilMade({ endedBy, everyMinutes }: BarQuery): Promise<void> {
  const periodMs = Math.min(everyMinutes, 60) * MINUTE_MS;
  const lastEnd = Math.floor(endedBy.getTime() / periodMs) * periodMs;
  const waitMs = Math.min(lastEnd + MADE_MS - Date.now(), MADE_MS);
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function withEnds(bars: BrokerBar[], minutes: number): Bar[] {
  return bars.map(({ start, close }) => ({ end: new Date(start.getTime() + minutes * MINUTE_MS), close }));
}

/** A day's bar is over when its session closes, which is earlier on some days. */
async function withCloses(broker: BarSource, bars: BrokerBar[]): Promise<Bar[]> {
  const [newest, oldest] = [bars[0], bars.at(-1)];
  if (!newest || !oldest) return [];
  // A day more on both sides: whether the broker takes the time of day of these for New York's is not documented.
  const [from, to] = [oldest.start.getTime() - DAY_MS, newest.start.getTime() + DAY_MS];
  const sessions = await broker.calendar(new Date(from), new Date(to));
  const closes = new Map(sessions.map(({ date, close }) => [date.toISOString().slice(0, 10), close]));
  return bars.map(({ start, close }) => {
    const day = newYorkDay(start);
    const closesAt = closes.get(day);
    if (closesAt === undefined) {
      throw new BrokerError(
        `The broker has a bar of ${start.toISOString()}, a day on which its calendar has no session.`,
      );
    }
    return { end: newYorkInstant(day, closesAt), close };
  });
}
