const DAY_MS = 86_400_000;
/** By zone and day: a schedule has many ticks a day, and a format takes long. */
const offsets = new Map<string, number>();
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What a clock in the zone shows at an instant, as the time that has the same figures in UTC.
 *
 * @param zone IANA name
 */
export function wallTime(instant: number, zone: string): number {
  const parts = formatOf(zone).formatToParts(instant);
  const of = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

/** The first instant at which a clock in the zone shows a time; undefined if the clock skips it. */
export function instantOf(wall: number, zone: string): number | undefined {
  const day = Math.floor(wall / DAY_MS);
  const [before, after] = [offsetAt(day - 1, zone), offsetAt(day + 2, zone)];
  if (before === after) return wall - before;
  const [earlier, later] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  return [earlier, later].find((instant) => wallTime(instant, zone) === wall);
}

/** What the clock in the zone is ahead of UTC at the start of a day in UTC. */
function offsetAt(day: number, zone: string): number {
  const key = `${zone} ${day}`;
  const offset = offsets.get(key) ?? wallTime(day * DAY_MS, zone) - day * DAY_MS;
  offsets.set(key, offset);
  return offset;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', calendar: 'gregory', numberingSystem: 'latn' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  formats.set(zone, format);
  return format;
}
