import type { Session } from '../market.ts';
import { newYorkDay, newYorkInstant } from '../new-york.ts';
import type { Broker } from './broker.ts';
import { BrokerError } from './errors.ts';

/** The market has never been closed for so long since the calendar begins, in 1970. */
const LONGEST_CLOSURE_DAYS = 14;
const DAY_MS = 86_400_000;

/** The session of the broker's calendar that is open at an instant, or else the next one. */
export async function alpacaSession(broker: Pick<Broker, 'calendar'>, at: Date): Promise<Session> {
  const today = new Date(newYorkDay(at));
  const days = await broker.calendar(today, new Date(today.getTime() + LONGEST_CLOSURE_DAYS * DAY_MS));
  const sessions = days.map(({ date, open, close }) => {
    const day = date.toISOString().slice(0, 10);
    return { opensAt: newYorkInstant(day, open), closesAt: newYorkInstant(day, close) };
  });
  const next = sessions.find(({ closesAt }) => closesAt > at);
  if (next) return next;
  throw new BrokerError(
    `The broker's calendar has no session in the ${LONGEST_CLOSURE_DAYS} days after ${at.toISOString()}.`,
  );
}
