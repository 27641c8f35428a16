const ZONE = 'America/New_York';
const days = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE });
const offsets = new Intl.DateTimeFormat('en-US', { timeZone: ZONE, timeZoneName: 'longOffset' });

/** The date in New York at an instant, as `2026-11-27`. */
export const newYorkDay = (at: Date): string => days.format(at);

/**
 * The instant at which a clock in New York shows a time of the day.
 *
 * @param day such as `2026-11-27`
 * @param time from 03:00 on, such as `09:30`: New York changes its clocks before that
 */
export function newYorkInstant(day: string, time: string): Date {
  const parts = offsets.formatToParts(new Date(`${day}T12:00:00Z`));
  const offset = parts.find(({ type }) => type === 'timeZoneName')!.value.replace('GMT', '');
  return new Date(`${day}T${time}:00${offset}`);
}
