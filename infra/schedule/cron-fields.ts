/** A field of EventBridge Scheduler's cron expressions. */
interface CronField {
  name: string;
  first: number;
  last: number;
  /** The names of its numbers, in order from `first`. */
  words?: string[];
  /** Whether AWS documents `/` for it. */
  hasSteps: boolean;
  /** The forms that can't be in a list: `L`, `15W`, `FRI#2`. */
  special?: (text: string, number: (text: string) => number | undefined) => boolean;
  takes: string;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;

/** In their order. Ranges: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based */
export const CRON_FIELDS: CronField[] = [
  { name: 'minutes', first: 0, last: 59, hasSteps: true, takes: '0 to 59' },
  { name: 'hours', first: 0, last: 23, hasSteps: true, takes: '0 to 23' },
  {
    name: 'day-of-month',
    first: 1,
    last: 31,
    hasSteps: true,
    special: (text, number) =>
      /^(L|LW)$/.test(text) || number(/^(\d+)W$/.exec(text)?.[1] ?? '') !== undefined,
    takes: '1 to 31, L, LW, 1W to 31W, or ?',
  },
  { name: 'month', first: 1, last: 12, hasSteps: true, words: MONTHS, takes: '1 to 12 or JAN to DEC' },
  {
    name: 'day-of-week',
    first: 1,
    last: 7,
    hasSteps: false,
    words: DAYS,
    special: (text, number) => {
      const [, day] = /^(.*?)(?:L|#[1-5])$/.exec(text) ?? [];
      return text === 'L' || (day !== undefined && number(day) !== undefined);
    },
    takes: '1 (Sunday) to 7 or SUN to SAT, one of them with L or #1 to #5 behind it, L, or ?',
  },
  { name: 'year', first: 1970, last: 2199, hasSteps: true, takes: '1970 to 2199' },
];

/** What is wrong with six fields in capitals; empty if they are valid. */
export function cronProblems(fields: string[]): string[] {
  const problems = CRON_FIELDS.flatMap((field, at) =>
    isField(field, fields[at]!) ? [] : [`${field.name} is ${fields[at]!}, expected ${field.takes}`],
  );
  if (problems.length > 0) return problems;
  const unset = [fields[DAY_OF_MONTH], fields[DAY_OF_WEEK]].filter((field) => field === '?').length;
  return unset === 1 ? [] : ['exactly one of day-of-month and day-of-week is ?'];
}

function isField(field: CronField, text: string): boolean {
  if (text === '?') return field.special !== undefined;
  const number = (part: string) => numberOf(field, part);
  return Boolean(field.special?.(text, number)) || text.split(',').every((part) => isPart(field, part));
}

/** `*`, `5`, `5-10`, and each with a step behind it. */
function isPart(field: CronField, text: string): boolean {
  const [, range, step] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(text) ?? [];
  if (range === undefined || (step !== undefined && !field.hasSteps)) return false;
  if (step !== undefined && (Number(step) < 1 || Number(step) > Math.max(field.last - field.first, 1)))
    return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => numberOf(field, end));
  if (ends.length > 2 || ends.includes(undefined)) return false;
  return ends.length === 1 || ends[0]! <= ends[1]!;
}

function numberOf({ first, last, words }: CronField, text: string): number | undefined {
  const word = words?.indexOf(text) ?? -1;
  if (word >= 0) return first + word;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return number >= first && number <= last ? number : undefined;
}

/** The fields, valid, as croner reads them in its seven parts, with Quartz's numbers for the days of the week. */
export function toPattern(fields: string[]): string {
  const parts = fields.map((text, at) => {
    const field = CRON_FIELDS[at]!;
    if (text === '?') return '*';
    // The last day of the week is Saturday, and not the last Saturday of a month.
    if (at === DAY_OF_WEEK && text === 'L') return '7';
    return text
      .split(',')
      .map((part) => numbers(field, part))
      .join(',');
  });
  return ['0', ...parts].join(' ');
}

/** Names as numbers, and AWS's `5/10` as `5-59/10`. */
function numbers(field: CronField, part: string): string {
  const text = part.replace(/[A-Z]{3}/g, (word) => String(numberOf(field, word)));
  const last = text.replace(/^(\d)L$/, '$1#L');
  return last.replace(/^(\d+)\//, (_, from: string) => `${from}-${field.last}/`);
}
