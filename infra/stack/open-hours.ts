const HOURS_OF_WEEK = 7 * 24;

/**
 * CloudWatch metric math that has a metric's value in some hours of the week, and another one in the others.
 *
 * @param hours of the week in UTC, from Monday 0:00, in order
 */
export function openHours(hours: number[], metric: string, { closed }: { closed: number }): string {
  if (hours.length === HOURS_OF_WEEK) return metric;
  const daysOf = new Map<string, number[]>();
  for (let day = 1; day <= 7; day++) {
    const open = hours.filter((hour) => Math.floor(hour / 24) === day - 1).map((hour) => hour % 24);
    const condition = ranges(open)
      .map(([from, to]) => `(HOUR(${metric}) >= ${from} AND HOUR(${metric}) <= ${to})`)
      .join(' OR ');
    if (condition) daysOf.set(condition, [...(daysOf.get(condition) ?? []), day]);
  }
  const conditions = [...daysOf].map(([condition, days]) => {
    const onDays = ranges(days).map(
      ([from, to]) => `(DAY(${metric}) >= ${from} AND DAY(${metric}) <= ${to})`,
    );
    return `((${onDays.join(' OR ')}) AND (${condition}))`;
  });
  return `IF(${conditions.join(' OR ')}, ${metric}, ${closed})`;
}

/** Numbers in order, as the first and the last of each row without a gap. */
function ranges(numbers: number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found;
}
