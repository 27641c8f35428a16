import { Cron } from 'croner';
import type { Expression, Schedule } from './expression.ts';
import { instantOf, wallTime } from './wall-clock.ts';

/** A change of the clock repeats at most three hours. */
const REPEATED_MS = 3 * 3_600_000;

/**
 * The first time after `after` at which EventBridge Scheduler would fire; undefined if it never fires again.
 *
 * @param timeZone IANA name, in which a cron expression is read
 */
export function nextTick(schedule: Schedule, timeZone: string, after: Date): Date | undefined {
  return nextTicks(schedule, timeZone, after, 1)[0];
}

/**
 * The first `count` times after `after`; fewer if the schedule ends before. As on AWS, a time that the
 * clock skips does not fire, and one that it shows twice fires the first time:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function nextTicks({ expressions }: Schedule, timeZone: string, after: Date, count: number): Date[] {
  const times = expressions.flatMap((each) => timesOf(each, timeZone, after.getTime(), count));
  const inOrder = [...new Set(times)].sort((one, other) => one - other);
  return inOrder.slice(0, count).map((time) => new Date(time));
}

function timesOf(schedule: Expression, timeZone: string, from: number, count: number): number[] {
  if (schedule.kind === 'rate') {
    const first = Math.floor(from / schedule.periodMs) + 1;
    return Array.from({ length: count }, (_, index) => (first + index) * schedule.periodMs);
  }
  // In UTC: in the zone itself, croner would fire a skipped time later, and some times twice.
  const cron = new Cron(schedule.pattern, { timezone: 'UTC', mode: '7-part', alternativeWeekdays: true });
  const ticks: number[] = [];
  let wall: Date | null = new Date(wallTime(from, timeZone) - REPEATED_MS);
  while (ticks.length < count && (wall = cron.nextRun(wall))) {
    const instant = instantOf(wall.getTime(), timeZone);
    if (instant !== undefined && instant > from) ticks.push(instant);
  }
  return ticks;
}
