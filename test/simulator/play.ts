import { createHash } from 'node:crypto';
import { FAULT_NAMES, ORDER_FAULT_NAMES, type Fault } from './faults.ts';
import { MOST_ORDERS, OrderCourse } from './market/course.ts';
import { ORDER_HAPPENINGS } from './market/happenings.ts';
import { EVENTS } from './model.ts';
import { MOST_HAPPENINGS, Schedule, type Course, type Options } from './schedule.ts';

/** What some schedules did, in order. */
export interface Played {
  schedules: number;
  events: number;
  digests: string[];
  counts: Record<string, number>;
  violations: Finding[];
}

/** A schedule that breaks a rule. */
export interface Finding {
  schedule: number;
  message: string;
}

/** What is counted in addition to faults and to the events of the model. */
const HAPPENINGS = [
  ...[
    'tick fired',
    'redelivered',
    'resume',
    'run by a person',
    'approve',
    'reject',
    'cancel',
    'retry',
    'retry from',
  ],
  ...['several orchestrators', 'step that crashes', 'TTL sweep', 'spare outcome'],
  ...[
    'signal taken',
    'signal kept',
    'signal answered',
    'signal timed-out',
    'signal cancelled',
    'signal ended',
  ],
  ...[
    'signal invalid',
    'signal unknown',
    'cancel cancelled',
    'cancel ended',
    'cancel held',
    'cancel uncertain',
  ],
  ...['retry retried', 'retry refused', 'skipped: too late', 'skipped: overlap', 'queued'],
];
const PARTS = [
  ...[
    'sequence',
    'parallel',
    'race',
    'loop',
    'branch',
    'try',
    'forget',
    'call',
    'order',
    'job',
    'sleep',
    'wait',
  ],
  ...['now', 'random', 'inline', 'misuse', 'fail', 'timeout', 'undo'],
];

/** What is simulated: runs of workflows, or orders at a market. */
export type Subject = 'runs' | 'market';

const KINDS_OF_RUNS: readonly string[] = [
  ...new Set([
    ...FAULT_NAMES,
    ...Object.keys(EVENTS),
    ...HAPPENINGS,
    ...PARTS.map((part) => `part: ${part}`),
  ]),
];

/** Every kind of event and fault: one that is never drawn is seen by its 0. */
export const KINDS: Record<Subject, readonly string[]> = {
  runs: KINDS_OF_RUNS,
  market: [...ORDER_FAULT_NAMES, ...ORDER_HAPPENINGS],
};

const FAULTS_OF: Record<Subject, readonly Fault[]> = { runs: FAULT_NAMES, market: ORDER_FAULT_NAMES };
const MOST: Record<Subject, number> = { runs: MOST_HAPPENINGS, market: MOST_ORDERS };

/** Plays the schedules of a seed from one number up to another, that one excluded. */
export async function play(
  subject: Subject,
  seed: number,
  from: number,
  to: number,
  stopsAtFirst = false,
): Promise<Played> {
  const counts = new Map<string, number>();
  const played: Played = { schedules: 0, events: 0, digests: [], counts: {}, violations: [] };
  for (let schedule = from; schedule < to; schedule++) {
    const course = await playOne(subject, seed, schedule);
    played.schedules++;
    played.events += course.events;
    played.digests.push(course.digest);
    for (const [kind, count] of course.counts) counts.set(kind, (counts.get(kind) ?? 0) + count);
    if (course.violation) played.violations.push({ schedule, message: String(course.violation) });
    if (course.violation && stopsAtFirst) break;
  }
  played.counts = Object.fromEntries(counts);
  return played;
}

const playOne = (subject: Subject, seed: number, schedule: number, options: Options = {}): Promise<Course> =>
  new (subject === 'runs' ? Schedule : OrderCourse)(`${seed}/${schedule}`, options).play();

/** The course of a schedule that breaks a rule, with as few happenings and kinds of fault as still break one. */
export async function shorten(subject: Subject, seed: number, schedule: number): Promise<string[]> {
  let options: Options & { omitted: ReadonlySet<Fault> } = { omitted: new Set() };
  const breaks = async (candidate: Options) =>
    (await playOne(subject, seed, schedule, candidate)).violation !== undefined;
  for (let happenings = 0; happenings <= MOST[subject]; happenings++) {
    if (!(await breaks({ happenings }))) continue;
    options = { ...options, happenings };
    break;
  }
  for (const fault of FAULTS_OF[subject]) {
    const candidate = { ...options, omitted: new Set([...options.omitted, fault]) };
    if (await breaks(candidate)) options = candidate;
  }
  const { lines, violation } = await playOne(subject, seed, schedule, { ...options, isRecorded: true });
  return [...lines, violation?.stack ?? String(violation)];
}

/** One digest over those of all schedules, in their order. */
export function digestOf(digests: string[]): string {
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}
