import type { Session } from './market.ts';
import { newYorkDay, newYorkInstant } from './new-york.ts';
import { nyseClose } from './nyse-days.ts';

const DAY_MS = 86_400_000;

/** The regular session of the New York Stock Exchange that is open at an instant, or else the next one. */
export function nyseSession(at: Date): Session {
  // Four days are the longest that rules close it: a weekend and a holiday on either side.
  for (let day = newYorkDay(at); ; day = dayAfter(day)) {
    const close = nyseClose(day);
    if (close === undefined) continue;
    const session = { opensAt: newYorkInstant(day, '09:30'), closesAt: newYorkInstant(day, close) };
    if (session.closesAt > at) return session;
  }
}

const dayAfter = (day: string) => new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
