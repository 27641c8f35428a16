export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 24 * 60;
export const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** A session of the US market has six and a half hours. */
const SESSION_MINUTES = 390;

/** Minutes between two bars as the broker words them: 1 to 59 minutes, whole hours up to 23, or a day. */
export function timeframe(minutes: number): string {
  if (minutes < 60) return `${minutes}Min`;
  if (minutes === DAY_MINUTES) return '1Day';
  if (minutes % 60 === 0 && minutes < DAY_MINUTES) return `${minutes / 60}Hour`;
  throw new Error(`There are no bars of ${minutes} minutes. Use 1 to 59 minutes, whole hours, or 1440.`);
}

/** A time so early that as many bars lie between it and the given one, with nights, weekends and holidays. */
export function sessionsBack(at: Date, count: number, minutes: number): Date {
  const sessions = Math.ceil((count * Math.min(minutes, SESSION_MINUTES)) / SESSION_MINUTES);
  return new Date(at.getTime() - (2 * sessions + 5) * DAY_MS);
}
