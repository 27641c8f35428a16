import { CRON_FIELDS, cronProblems, toPattern } from './cron-fields.ts';

/** When ticks are due: at each time of one or more expressions, each of which is a schedule of its own on AWS. */
export interface Schedule {
  /** The expressions, separated by `; `. */
  text: string;
  expressions: Expression[];
}

/** One expression that repeats, as EventBridge Scheduler takes it. */
export type Expression =
  | { kind: 'rate'; expression: string; periodMs: number }
  | {
      kind: 'cron';
      expression: string;
      /** The expression as croner reads it: of five fields and the year. */
      pattern: string;
      /** Whether it fires only in some years. */
      isOfYears: boolean;
    };

/** Thrown for what EventBridge Scheduler would refuse. The message names each wrong field and what it takes. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const LONGEST_PERIOD_MS = 366 * UNIT_MS.day;

/**
 * Reads one or more schedule expressions, separated by `;`.
 *
 * No cron expression fires at 9:30, 9:35 and so on until 15:55: its minutes are the same in each of its hours.
 *
 * @throws ScheduleError
 */
export function parseSchedule(text: string): Schedule {
  const expressions = text.split(';').map(parseExpression);
  const written = expressions.map(({ expression }) => expression);
  const twice = written.find((expression, index) => written.indexOf(expression) !== index);
  if (twice !== undefined) throw new ScheduleError(`${twice} is there twice`);
  return { text: written.join('; '), expressions };
}

/**
 * Reads a schedule expression: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 *
 * @param text `rate(5 minutes)` or `cron(minutes hours day-of-month month day-of-week year)`; names in any case, and
 *   blanks as many as you like: the expression of the answer has capitals and single blanks
 * @throws ScheduleError
 */
function parseExpression(text: string): Expression {
  const [, kind, inside] = /^\s*(\w+)\s*\(([^()]*)\)\s*$/.exec(text) ?? [];
  const words = inside?.match(/\S+/g) ?? [];
  if (kind === 'rate') return parseRate(words);
  if (kind === 'cron') return parseCron(words);
  throw new ScheduleError(
    kind === 'at'
      ? 'at(...) fires once, and ticks repeat: use rate(...) or cron(...)'
      : 'it is neither rate(...) nor cron(...)',
  );
}

function parseRate([value, unit, ...more]: string[]): Expression {
  const [, singular, plural] = /^(minute|hour|day)(s?)$/.exec(unit ?? '') ?? [];
  if (!/^\d+$/.test(value ?? '') || singular === undefined || more.length > 0) {
    throw new ScheduleError('rate(...) takes a whole number and a unit, such as rate(5 minutes)');
  }
  const count = Number(value);
  if (count === 0) throw new ScheduleError('a rate is at least 1');
  if ((count === 1) !== (plural === '')) {
    const right = count === 1 ? `1 ${singular}` : `${value} ${singular}s`;
    throw new ScheduleError(`the unit of ${count} is written as in rate(${right})`);
  }
  const periodMs = count * UNIT_MS[singular as keyof typeof UNIT_MS];
  if (periodMs > LONGEST_PERIOD_MS) throw new ScheduleError('a rate is at most 366 days here');
  return { kind: 'rate', expression: `rate(${count} ${unit})`, periodMs };
}

function parseCron(words: string[]): Expression {
  if (words.length !== CRON_FIELDS.length) {
    const names = CRON_FIELDS.map(({ name }) => name).join(', ');
    throw new ScheduleError(`cron(...) has six fields, ${names}; this one has ${words.length}`);
  }
  const fields = words.map((word) => word.toUpperCase());
  const problems = cronProblems(fields);
  if (problems.length > 0) throw new ScheduleError(problems.join(', '));
  return {
    kind: 'cron',
    expression: `cron(${fields.join(' ')})`,
    pattern: toPattern(fields),
    isOfYears: fields[5] !== '*',
  };
}
