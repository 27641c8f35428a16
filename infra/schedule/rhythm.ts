import { Cron } from 'croner';
import { parseSchedule, type Expression, type Schedule } from './expression.ts';
import { nextTicks } from './next-tick.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An alarm looks back at most a week. */
const LONGEST_WINDOW_MS = 7 * DAY_MS;

/** It takes half a second to find one, and some commands build the app several times. */
const known = new Map<string, Rhythm | undefined>();

/** When the silence of a schedule means something. */
export interface Rhythm {
  /** Two periods of the schedule; if it has periods of days, two of the longest. */
  windowMs: number;
  /** Hours of the week in UTC (Monday 0:00 is 0) in which every window that begins holds a tick, all year. */
  hours: number[];
}

/**
 * The rhythm of a schedule; undefined if it is too slow for an alarm, or pauses for months, dates or years: an alarm
 * knows only the hours of a week. Of several expressions, those that pause do not count.
 *
 * It is taken from a week in winter and one in summer: an hour counts only if the schedule fires in it with daylight
 * saving time and without.
 */
export function rhythmOf(schedule: string, timeZone: string): Rhythm | undefined {
  const key = `${timeZone} ${schedule}`;
  if (!known.has(key)) known.set(key, findRhythm(parseSchedule(schedule), timeZone));
  return known.get(key);
}

function findRhythm({ text, expressions }: Schedule, timeZone: string): Rhythm | undefined {
  const schedule = { text, expressions: expressions.filter((each) => !isPausing(each)) };
  if (schedule.expressions.length === 0) return undefined;
  const mondays = ['2026-01-05', '2026-07-06'].map((monday) => Date.parse(monday));
  const weeks = mondays.map((monday) => ticksFrom(schedule, timeZone, monday));
  const gaps = weeks.flatMap((ticks) => ticks.slice(1).map((tick, index) => tick - ticks[index]!));
  const shortMs = 2 * Math.min(...gaps);
  const windowMs = shortMs <= DAY_MS ? shortMs : 2 * Math.max(...gaps);
  if (!(windowMs <= LONGEST_WINDOW_MS)) return undefined;
  const silent = new Set(weeks.flatMap((ticks) => silentHours(ticks, windowMs)));
  const hours = Array.from({ length: 7 * 24 }, (_, hour) => hour).filter((hour) => !silent.has(hour));
  return hours.length > 0 ? { windowMs, hours } : undefined;
}

const isPausing = (each: Expression) => each.kind === 'cron' && (each.isOfYears || isUneven(each.pattern));

/** Whether some pause between two of its days, in a year, is longer than a week's. */
function isUneven(pattern: string): boolean {
  const daily = ['0', '0', '0', ...pattern.split(' ').slice(3)].join(' ');
  const cron = new Cron(daily, { timezone: 'UTC', mode: '7-part', alternativeWeekdays: true });
  const longestPause = (from: string, days: number) => {
    const end = Date.parse(from) + days * DAY_MS;
    let longest = 0;
    let last = Date.parse(from);
    for (let day = cron.nextRun(new Date(last)); day && day.getTime() < end; day = cron.nextRun(day)) {
      longest = Math.max(longest, day.getTime() - last);
      last = day.getTime();
    }
    return Math.max(longest, end - last);
  };
  const inWeek = Math.max(longestPause('2026-01-04', 9), longestPause('2026-07-05', 9));
  return longestPause('2026-01-01', 365) > inWeek + DAY_MS;
}

/** The ticks of a week, and the ones around it. */
function ticksFrom(schedule: Schedule, timeZone: string, monday: number): number[] {
  const ticks: number[] = [];
  let last = monday - 4 * DAY_MS;
  while (last < monday + 11 * DAY_MS) {
    const more = nextTicks(schedule, timeZone, new Date(last), 1000).map((tick) => tick.getTime());
    if (more.length === 0) break;
    ticks.push(...more);
    last = more.at(-1)!;
  }
  return ticks;
}

/** Hours of the week in which a window without a tick begins. */
function silentHours(ticks: number[], windowMs: number): number[] {
  return ticks.slice(1).flatMap((tick, index) => {
    // A window from just after one tick to just before the next has no tick. It moves by whole minutes.
    const first = ticks[index]! + 60_000;
    const last = tick - windowMs;
    const hours: number[] = [];
    for (let begin = first; begin <= last; begin += 60_000) hours.push(hourOfWeek(begin));
    return hours;
  });
}

function hourOfWeek(time: number): number {
  const date = new Date(time);
  return ((date.getUTCDay() + 6) % 7) * 24 + date.getUTCHours();
}
