const wall = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/New_York',
  ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
});

/** What a clock in New York shows, as if it were UTC. */
function shown(at: number): number {
  const parts = Object.fromEntries(wall.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second } = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** The day in New York, YYYY-MM-DD. */
export const dayOf = (at: number): string => new Date(shown(at)).toISOString().slice(0, 10);

const known = new Map<string, number>();

/** When it is that day and time (HH:MM) in New York. */
export function instantOf(date: string, time = '00:00'): number {
  const key = `${date} ${time}`;
  // Formatting is slow, and the same days are asked about for each price.
  const at = known.get(key) ?? found(date, time);
  known.set(key, at);
  return at;
}

function found(date: string, time: string): number {
  const wanted = Date.parse(`${date}T${time}:00Z`);
  // The offset of a few hours earlier is wrong only if the clocks are changed in between: asked again, it is right.
  const guess = wanted - (shown(wanted) - wanted);
  return wanted - (shown(guess) - guess);
}
