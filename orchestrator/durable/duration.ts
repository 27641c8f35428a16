/** A span of time; its parts are added up. */
export interface Duration {
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

const UNIT_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 };

/** Milliseconds. Throws a RangeError for a duration that is empty, negative or not finite. */
export function toMs(duration: Duration): number {
  const parts = Object.entries(duration) as [keyof Duration, number][];
  const ms = parts.reduce((sum, [unit, amount]) => sum + amount * UNIT_MS[unit], 0);
  if (parts.length > 0 && Number.isFinite(ms) && ms >= 0) return ms;
  throw new RangeError(
    `The duration ${JSON.stringify(duration)} is not valid; give one that is not negative, such as { minutes: 5 }.`,
  );
}
