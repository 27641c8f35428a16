import { dayOf, instantOf } from './new-york.ts';
import type { Instant, Session } from './types.ts';

const EXTENDED = { open: '04:00', close: '20:00' };

interface Times {
  session: Session;
  midnight: Instant;
  opensAt: Instant;
  closesAt: Instant;
}

/**
 * The weekdays from `from` to before `to`, without the holidays; early closes are at 13:00
 * (https://www.nyse.com/markets/hours-calendars). Dates are YYYY-MM-DD.
 */
export function weekdays(
  from: string,
  to: string,
  { holidays = [], earlyCloses = [] }: { holidays?: string[]; earlyCloses?: string[] } = {},
): Session[] {
  const sessions: Session[] = [];
  for (const day = new Date(from); day < new Date(to); day.setUTCDate(day.getUTCDate() + 1)) {
    const date = day.toISOString().slice(0, 10);
    if (day.getUTCDay() % 6 === 0 || holidays.includes(date)) continue;
    sessions.push({ date, open: '09:30', close: earlyCloses.includes(date) ? '13:00' : '16:00' });
  }
  return sessions;
}

/** When the market is open; https://docs.alpaca.markets/reference/getcalendar-1 and .../getclock-1. */
export class Calendar {
  readonly times: readonly Times[];

  constructor(sessions: Session[]) {
    this.times = sessions.map((session) => ({
      session,
      midnight: instantOf(session.date),
      opensAt: instantOf(session.date, session.open),
      closesAt: instantOf(session.date, session.close),
    }));
  }

  /** The first session that closes after an instant. */
  next(at: Instant): Times {
    const next = this.times.find(({ closesAt }) => closesAt > at);
    if (!next) throw new Error(`The calendar has no session after ${iso(at)}. Give more sessions.`);
    return next;
  }

  isOpen(at: Instant): boolean {
    return this.times.some(({ opensAt, closesAt }) => opensAt <= at && at < closesAt);
  }

  /** The last instant until `at` at which the market was open; `at` itself before the first session. */
  lastOpen(at: Instant): Instant {
    const last = this.times.findLast(({ opensAt }) => opensAt <= at);
    return last ? Math.min(at, last.closesAt) : at;
  }

  /** When the last session before the one of `at` closed; `at` itself in the first session. */
  previousClose(at: Instant): Instant {
    const today = dayOf(this.lastOpen(at));
    return this.times.findLast(({ session }) => session.date < today)?.closesAt ?? at;
  }

  clock(at: Instant) {
    return { timestamp: iso(at), is_open: this.isOpen(at), ...this.#ahead(at) };
  }

  days(start: string, end: string) {
    return this.#between(start, end).map(({ session: { date, open, close } }) => ({
      ...{ date, open, close, settlement_date: this.#settlement(date) },
      session_open: EXTENDED.open.replace(':', ''),
      session_close: EXTENDED.close.replace(':', ''),
    }));
  }

  /** Version 3, for one market; https://docs.alpaca.markets/reference/clock-1. */
  clockOf(market: string, at: Instant) {
    const date = dayOf(at);
    const today = this.times.find(({ session }) => session.date === date);
    const { next_open, next_close } = this.#ahead(at);
    const phases = today
      ? ([
          ['closed', instantOf(date, EXTENDED.open)],
          ['pre', today.opensAt],
          ['core', today.closesAt],
          ['post', instantOf(date, EXTENDED.close)],
        ] as const)
      : [];
    const [phase, until] = phases.find(([, end]) => at < end) ?? ['closed', this.#nextPreOpen(at)];
    return {
      market: { ...MARKET, acronym: market },
      ...{ timestamp: iso(at), is_market_day: today !== undefined, phase, phase_until: iso(until) },
      ...{ next_market_open: next_open, next_market_close: next_close },
    };
  }

  /** Version 3, in UTC; https://docs.alpaca.markets/reference/calendar-1. */
  calendarOf(market: string, start: string, end: string) {
    return {
      market: { ...MARKET, acronym: market },
      calendar: this.#between(start, end).map(({ session: { date }, opensAt, closesAt }) => ({
        ...{ date, settlement_date: this.#settlement(date) },
        ...{ pre_start: iso(instantOf(date, EXTENDED.open)), pre_end: iso(opensAt) },
        ...{ core_start: iso(opensAt), core_end: iso(closesAt) },
        ...{ post_start: iso(closesAt), post_end: iso(instantOf(date, EXTENDED.close)) },
      })),
    };
  }

  #between(start: string, end: string): Times[] {
    return this.times.filter(({ session: { date } }) => start <= date && date <= end);
  }

  /** A trade is settled on the next day of the market. */
  #settlement(date: string): string {
    return (this.times.find(({ session }) => session.date > date) ?? this.times.at(-1)!).session.date;
  }

  #ahead(at: Instant) {
    const opening = this.times.find(({ opensAt }) => opensAt > at);
    if (!opening) throw new Error(`The calendar has no opening after ${iso(at)}. Give more sessions.`);
    return { next_open: iso(opening.opensAt), next_close: iso(this.next(at).closesAt) };
  }

  #nextPreOpen(at: Instant): Instant {
    const { session } = this.times.find(({ opensAt, midnight }) => midnight > at || opensAt > at)!;
    return instantOf(session.date, EXTENDED.open);
  }
}

const MARKET = { mic: 'XNYS', bic: '', name: 'New York Stock Exchange', timezone: 'America/New_York' };

export const iso = (at: Instant): string => new Date(at).toISOString();
