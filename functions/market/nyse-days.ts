const SUNDAY = 0;
const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;

/** Years of which the rules below hold: Juneteenth is a holiday of the exchange since 2022. */
const FIRST_YEAR = 2022;

/** A day without a clock: midnight in UTC. */
type Day = Date;

/**
 * Until when the New York Stock Exchange trades on a day: `16:00`, `13:00`, or not at all, as its clocks show it.
 *
 * The holidays and early closings are those of NYSE Rule 7.2 and https://www.nyse.com/markets/hours-calendars. A closing
 * that no rule foresees, such as a day of mourning, is not known here.
 *
 * @param day such as `2026-11-27`
 */
export function nyseClose(day: string): '16:00' | '13:00' | undefined {
  const date = new Date(`${day}T00:00:00Z`);
  const year = date.getUTCFullYear();
  if (year < FIRST_YEAR)
    throw new Error(`NYSE's days are known from ${FIRST_YEAR} on; ${day} is before that.`);
  const isWeekend = date.getUTCDay() === SUNDAY || date.getUTCDay() === SATURDAY;
  if (isWeekend || isAmong(holidays(year), date)) return undefined;
  return isAmong(earlyCloses(year), date) ? '13:00' : '16:00';
}

function holidays(year: number): Day[] {
  const fixed = [utc(year, 6, 19), utc(year, 7, 4), utc(year, 12, 25)].map(observed);
  // New Year's Day on a Saturday is not made up for: the Friday is the end of a year, and a day of trade.
  const newYear = utc(year, 1, 1);
  if (newYear.getUTCDay() !== SATURDAY) fixed.push(observed(newYear));
  const martinLutherKing = nth(3, MONDAY, year, 1);
  const washington = nth(3, MONDAY, year, 2);
  const goodFriday = plus(easterSunday(year), -2);
  const memorial = plus(nth(1, MONDAY, year, 6), -7);
  const labor = nth(1, MONDAY, year, 9);
  return [...fixed, martinLutherKing, washington, goodFriday, memorial, labor, thanksgiving(year)];
}

/** Some of them are holidays or at a weekend, and no early close in that year. */
const earlyCloses = (year: number) => [utc(year, 7, 3), plus(thanksgiving(year), 1), utc(year, 12, 24)];

const thanksgiving = (year: number) => nth(4, THURSDAY, year, 11);

/** A holiday on a Saturday is observed the day before, on a Sunday the day after. */
function observed(holiday: Day): Day {
  if (holiday.getUTCDay() === SATURDAY) return plus(holiday, -1);
  return holiday.getUTCDay() === SUNDAY ? plus(holiday, 1) : holiday;
}

function nth(count: number, weekday: number, year: number, month: number): Day {
  const first = utc(year, month, 1);
  return plus(first, ((weekday - first.getUTCDay() + 7) % 7) + 7 * (count - 1));
}

/** By the calculation of Meeus, Astronomical Algorithms, chapter 8, for the Gregorian calendar. */
function easterSunday(year: number): Day {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  return utc(year, month, (h + l - 7 * m + 33 * month + 19) % 32);
}

const utc = (year: number, month: number, day: number): Day => new Date(Date.UTC(year, month - 1, day));
const plus = (day: Day, days: number): Day => new Date(day.getTime() + days * 86_400_000);
const isAmong = (days: Day[], day: Day) => days.some((each) => each.getTime() === day.getTime());
