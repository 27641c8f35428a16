/** The day in a time zone, such as "2026-01-05"; days sort as text. */
export function dayOf(time: Date, timeZone: string): string {
  // Sweden writes dates as ISO 8601 has them.
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(time);
}
