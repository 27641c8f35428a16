/** An instant of a file, with all its digits. */
export interface Instant {
  /** ISO 8601 in UTC. */
  time: string;
  /** Nanoseconds since 1970, for the order. */
  at: bigint;
}

/** Which of `03/04/2024` is the month. */
export type DayOrder = 'day-first' | 'month-first';

const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october'],
  ...['november', 'december'],
];
const EPOCH = /^(\d{10}|\d{13}|\d{16}|\d{19})$/;
const EPOCH_SECONDS = /^(\d{10})\.(\d{1,9})$/;
const CLOCK = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?([AP]M))?$|^(\d\d)(\d\d)(\d\d)$/i;
const ZONE = / ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$/i;
const YEAR_FIRST = /^(\d{4})([-/.]?)(\d\d)\2(\d\d)$/;
const YEAR_LAST = /^(\d{1,2})([-/])(\d{1,2})\2(\d{4})$/;
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/;
const DAY_MONTH = /^(\d{1,2})[- ]([a-z]{3,9})[- ](\d{4})$/i;
const MONTH_DAY = /^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$/i;
const DATE = /^(?:[a-z]+\.? \d{1,2},? \d{4}|\d{1,2}[- ][a-z]+[- ]\d{4}|[^ T]+)/i;

/** The order of day and month in a date with slashes; undefined if both are possible, or it is not such a date. */
export function dayOrderOf(text: string): DayOrder | undefined {
  const [, first, , second] = YEAR_LAST.exec(DATE.exec(text)?.[0] ?? '') ?? [];
  if (Number(first) > 12) return 'day-first';
  return Number(second) > 12 ? 'month-first' : undefined;
}

/** Whether a date has two meanings, so that another line decides, such as `03/04/2024`. */
export const isEitherOrder = (text: string): boolean =>
  YEAR_LAST.test(DATE.exec(text)?.[0] ?? '') && dayOrderOf(text) === undefined;

/** Whether a date has points, as in countries with a decimal comma. */
export const isDotted = (text: string): boolean => DOTTED.test(DATE.exec(text)?.[0] ?? '');

/** Reads a time: without a zone in UTC, without a time of day at midnight. Undefined if the text is not a time. */
export function toInstant(text: string, order: DayOrder | undefined): Instant | undefined {
  const epoch = epochOf(text);
  if (epoch !== undefined) return instantAt(epoch);
  const [date] = DATE.exec(text) ?? [];
  if (date === undefined) return undefined;
  const day = dayOf(date, order);
  const rest = text.slice(date.length).replace(/^(T|,? +)/i, '');
  if (day === undefined) return undefined;
  if (rest === '') return date === text ? instantAt(day) : undefined;
  const [suffix, zone] = ZONE.exec(rest) ?? ['', 'Z'];
  const clock = clockOf(rest.slice(0, rest.length - suffix.length));
  const offset = offsetOf(zone);
  return clock === undefined || offset === undefined ? undefined : instantAt(day + clock - offset);
}

const SECOND = 1_000_000_000n;

function epochOf(text: string): bigint | undefined {
  const [, seconds, fraction] = EPOCH_SECONDS.exec(text) ?? [];
  if (seconds !== undefined) return BigInt(seconds + fraction!.padEnd(9, '0'));
  return EPOCH.test(text) ? BigInt(text.padEnd(19, '0')) : undefined;
}

function dayOf(text: string, order: DayOrder | undefined): bigint | undefined {
  const iso = YEAR_FIRST.exec(text);
  if (iso) return midnight(iso[1]!, Number(iso[3]), iso[4]!);
  const slashed = YEAR_LAST.exec(text);
  if (slashed) {
    const [, first, , second, year] = slashed;
    if (order === undefined) return undefined;
    return order === 'day-first'
      ? midnight(year!, Number(second), first!)
      : midnight(year!, Number(first), second!);
  }
  const dotted = DOTTED.exec(text);
  if (dotted) return midnight(dotted[3]!, Number(dotted[2]), dotted[1]!);
  const [, day, month, year] = DAY_MONTH.exec(text) ?? [];
  if (day !== undefined) return midnight(year!, monthOf(month!), day);
  const named = MONTH_DAY.exec(text);
  return named ? midnight(named[3]!, monthOf(named[1]!), named[2]!) : undefined;
}

/** The number of a month by its name, or by the first three or four letters of it; 0 if there is no such month. */
const monthOf = (name: string) =>
  MONTHS.findIndex((month) => [month, month.slice(0, 3), month.slice(0, 4)].includes(name.toLowerCase())) + 1;

/** Undefined for a day that does not exist. */
function midnight(year: string, month: number, day: string): bigint | undefined {
  const date = new Date(Date.UTC(Number(year), month - 1, Number(day)));
  const isThere =
    date.getUTCFullYear() === Number(year) &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === Number(day);
  return isThere ? BigInt(date.getTime()) * 1_000_000n : undefined;
}

function clockOf(text: string): bigint | undefined {
  const found = CLOCK.exec(text);
  if (!found) return undefined;
  const [, hour, minute, second = '0', fraction = '', half, ...plain] = found;
  const [h, m, s] = (plain[0] === undefined ? [hour, minute, second] : plain).map(Number);
  if (h! > 23 || m! > 59 || s! > 59) return undefined;
  if (half !== undefined && (h === 0 || h! > 12)) return undefined;
  const hours = half === undefined ? h! : (h! % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  return BigInt(hours * 3600 + m! * 60 + s!) * SECOND + BigInt(fraction.padEnd(9, '0'));
}

function offsetOf(zone: string): bigint | undefined {
  const [, sign, hours, minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined) return 0n;
  if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
  const seconds = BigInt(Number(hours) * 3600 + Number(minutes) * 60) * SECOND;
  return sign === '+' ? seconds : -seconds;
}

function instantAt(at: bigint): Instant {
  const fraction = ((at % SECOND) + SECOND) % SECOND;
  const whole = new Date(Number((at - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
  return { time: `${whole}${digits === '' ? '' : `.${digits}`}Z`, at };
}
