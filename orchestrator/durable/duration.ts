/** A span of time; its parts are added up. */
export interface Duration {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

const UNIT_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 };

/** Longer ones end beyond the last date that there is. */
const LONGEST_MS = 1_000 * 365 * UNIT_MS.days;

/** Milliseconds. Throws a RangeError for a duration that is empty, negative or longer than 1,000 years. */
export function toMs(duration: Duration): number {
  const parts = Object.entries(duration) as [keyof Duration, number][];
  const ms = parts.reduce((sum, [unit, amount]) => sum + amount * UNIT_MS[unit], 0);
  if (parts.length > 0 && ms >= 0 && ms <= LONGEST_MS) return ms;
  throw new RangeError(
    `The duration ${JSON.stringify(duration)} is not valid; give one from 0 to 1,000 years, such as { minutes: 5 }.`,
  );
}
