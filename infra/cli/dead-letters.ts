import { countsInWords } from '../outcome.ts';
import { UsageError } from '../local/options.ts';
import { parseAnswer } from './answer.ts';
import type { Done } from './command.ts';
import type { Where } from './command-line.ts';
import { toLetter, withoutUris, type Letter } from './dead-letters-letter.ts';
import { LetterQueue, type HeldMessage } from './dead-letters-queue.ts';
import { Deployment } from './deployment.ts';
import { columns } from './table.ts';
import type { Target } from './target.ts';
import { fit, printable } from './text.ts';

/** Both queues, and what there is to know of the orchestrator. */
interface Queues {
  queues: LetterQueue[];
  timeoutSeconds: number;
  maxTickAgeMinutes: number | undefined;
}

/** A letter that is hidden from others while it is worked on. */
interface HeldLetter extends Letter {
  queue: LetterQueue;
  message: HeldMessage;
  /** Of a tick. */
  ageMinutes: number | undefined;
  /** Whether the orchestrator would skip it. */
  isTooLate: boolean;
}

/** What was done to a letter: it is gone, or it is left, with the reason. */
interface Outcome {
  id: string;
  done: 'redriven' | 'deleted' | 'left';
  detail: string;
  /** It was sent, but not every run of it came to what was wanted. */
  isToSee?: boolean;
}

interface Asked {
  redrive: string[];
  delete: string[];
  late: boolean;
  json: boolean;
}

/**
 * `npm run trader -- dead-letters`: lists what is in the queues, and sends again or deletes.
 *
 * A letter is deleted after it was sent and answered. Where the process dies between the two, the letter is there again
 * after a while, and sending it once more gives the runs that are there, for its key is the same.
 */
export async function runDeadLetters(
  values: Record<string, unknown>,
  open: () => Promise<Target>,
  { functionName }: Where,
): Promise<Done> {
  const asked = toAsked(values);
  if (!functionName) {
    throw new UsageError(
      'Dead letters are of a deployment: give --function NAME. The local run has none; it says at once what failed.',
    );
  }
  const deployment = new Deployment(functionName);
  try {
    const found = await queuesOf(deployment);
    const letters = await receiveAll(found);
    const names = [...asked.redrive, ...asked.delete];
    const chosen = letters.filter(({ id }) => names.includes('all') || names.includes(id));
    // What is not asked for is everybody's again, before anything that takes long.
    await release(letters.filter((letter) => !chosen.includes(letter)));
    if (names.length === 0) return { output: list(letters, found, asked) };
    const missing = names.filter((name) => name !== 'all' && !letters.some(({ id }) => id === name));
    const outcomes: Outcome[] = missing.map((id) => ({
      id,
      done: 'left',
      detail: 'there is no such letter',
    }));
    for (const letter of chosen) {
      const isNamed = names.includes(letter.id);
      outcomes.push(
        asked.delete.length > 0
          ? await remove(letter)
          : await redrive(letter, { ...found, ...asked, isNamed, open }),
      );
    }
    return told(outcomes, asked);
  } finally {
    deployment.close();
  }
}

function toAsked({ redrive = [], delete: toDelete = [], late, json }: Record<string, unknown>): Asked {
  const asked = { redrive, delete: toDelete, late: late === true, json: json === true } as Asked;
  if (asked.redrive.length > 0 && asked.delete.length > 0) {
    throw new UsageError('--redrive sends letters again and --delete drops them; take one of the two.');
  }
  if (asked.late && asked.redrive.length === 0) {
    throw new UsageError(
      '--late says how to send letters again; give --redrive ID or --redrive all beside it.',
    );
  }
  return asked;
}

async function queuesOf(deployment: Deployment): Promise<Queues> {
  const { arn, environment, timeoutSeconds } = await deployment.functionNamed();
  const schedules = await deployment.schedulesOf(arn);
  const arns = [await deployment.failureDestination(), ...schedules.map((each) => each.deadLetterQueueArn)];
  const distinct = [...new Set(arns.filter((each) => each !== undefined))];
  const limit = Number(environment['MAX_TICK_AGE_MINUTES'] ?? NaN);
  return {
    queues: await Promise.all(distinct.map((each) => LetterQueue.open(deployment.sqs, each))),
    timeoutSeconds,
    maxTickAgeMinutes: Number.isFinite(limit) ? limit : undefined,
  };
}

/** Ticks by their time, and then the others by when they came. */
async function receiveAll({ queues, maxTickAgeMinutes }: Queues): Promise<HeldLetter[]> {
  const letters: HeldLetter[] = [];
  for (const queue of queues) {
    for (const message of await queue.receive()) {
      const letter = toLetter(message);
      const ageMinutes = letter.tick === undefined ? undefined : minutesSince(letter.tick);
      const isTooLate = ageMinutes !== undefined && ageMinutes >= (maxTickAgeMinutes ?? Infinity);
      letters.push({ ...letter, queue, message, ageMinutes, isTooLate });
    }
  }
  return letters.sort((a, b) => ((a.tick ?? a.sentAt) < (b.tick ?? b.sentAt) ? -1 : 1));
}

async function release(letters: HeldLetter[]): Promise<void> {
  for (const queue of new Set(letters.map((letter) => letter.queue))) {
    await queue.release(letters.filter((letter) => letter.queue === queue).map(({ message }) => message));
  }
}

const minutesSince = (time: string) => Math.floor((Date.now() - Date.parse(time)) / 60_000);

const ages = (age: number | undefined, limit: number | undefined) => `${age} minutes, the limit is ${limit}`;

function list(letters: HeldLetter[], { queues, maxTickAgeMinutes }: Queues, { json }: Asked): string {
  if (json) {
    return `${JSON.stringify(
      letters.map(({ queue, message: _, ...letter }) => ({ ...letter, queue: queue.name })),
      (_, value: unknown) => (typeof value === 'string' ? withoutUris(value) : value),
    )}\n`;
  }
  if (letters.length === 0)
    return `no dead letters in ${queues.map(({ name }) => name).join(', ') || 'no queue'}\n`;
  const rows = letters.map((letter) => [
    letter.id,
    fit(withoutUris(letter.what), 40),
    letter.sentAt.replace(/\.\d+Z$/, 'Z'),
    [
      letter.isTooLate && `too old: ${ages(letter.ageMinutes, maxTickAgeMinutes)}`,
      letter.note,
      fit(letter.why, 160),
    ]
      .filter(Boolean)
      .join('; '),
  ]);
  const lines = columns(['ID', 'WHAT', 'CAME', 'WHY'], rows);
  return [
    ...lines,
    'Send again: --redrive ID or all, with --late where it is too old. Drop: --delete ID or all.',
    '',
  ].join('\n');
}

interface Redrive extends Queues {
  late: boolean;
  /** Whether it is asked for by its id. */
  isNamed: boolean;
  open: () => Promise<Target>;
}

async function redrive(
  letter: HeldLetter,
  { late, isNamed, open, timeoutSeconds, maxTickAgeMinutes }: Redrive,
): Promise<Outcome> {
  const left = async (detail: string): Promise<Outcome> => {
    await release([letter]);
    return { id: letter.id, done: 'left', detail };
  };
  const { event, id, tick, note, what } = letter;
  if (event === undefined) return left(note ?? 'there is nothing to be sent');
  if (tick === undefined && !isNamed) {
    return left(`it is no tick but "${what}", which is done now, whatever its age: name its id to send it`);
  }
  // A tick that the orchestrator finds too old is recorded as skipped, and its key is spent: so it is not sent at all.
  const problem = late ? undefined : tooOld(tick, maxTickAgeMinutes);
  if (problem !== undefined) return left(`${problem}: give --late, or --delete it`);
  try {
    await letter.queue.hold(letter.message, timeoutSeconds + 60);
  } catch (error) {
    return { id, done: 'left', detail: `somebody else has it: ${(error as Error).message}` };
  }
  let reply: string;
  try {
    const target = await open();
    reply = await target.send(tick !== undefined && late ? { ...event, late: true } : event);
  } catch (error) {
    return left(withoutUris((error as Error).message));
  }
  try {
    await letter.queue.delete(letter.message);
  } catch (error) {
    const message = `it was sent, but not deleted; to send it again does no harm: ${(error as Error).message}`;
    return { id, done: 'left', detail: message };
  }
  return { id, done: 'redriven', ...repliedWith(what, reply) };
}

async function remove({ id, what, queue, message }: HeldLetter): Promise<Outcome> {
  try {
    await queue.delete(message);
    return { id, done: 'deleted', detail: what };
  } catch (error) {
    return { id, done: 'left', detail: (error as Error).message };
  }
}

/** Sent and answered takes a while; a tick that is as old as that short of the limit may be too old on its arrival. */
const MARGIN_MINUTES = 2;

function tooOld(tick: string | undefined, limit: number | undefined): string | undefined {
  if (tick === undefined) return undefined;
  if (limit === undefined) return 'how old a tick may be is not known here';
  const age = minutesSince(tick);
  if (age >= limit) return `too old: ${ages(age, limit)}`;
  return age >= limit - Math.min(MARGIN_MINUTES, limit / 2)
    ? `may be too old on its arrival: ${ages(age, limit)}`
    : undefined;
}

function repliedWith(what: string, reply: string): Pick<Outcome, 'detail' | 'isToSee'> {
  try {
    const { runs, counts, omitted, outcome } = parseAnswer(reply);
    if (!runs || !counts) return { detail: `${what}: ${outcome ?? 'done'}` };
    const isToSee = (counts['failed'] ?? 0) + (counts['skipped'] ?? 0) > 0;
    return { detail: `${what}: ${countsInWords(runs.length + omitted, counts)}`, isToSee };
  } catch {
    // The letter is gone, and what came of it is on record; an answer that is not read here changes nothing.
    return { detail: `${what}: done` };
  }
}

/** What became of the letters; a problem where one that was asked for is left. */
function told(outcomes: Outcome[], { json }: Asked): Done {
  const lines = outcomes.map(({ id, done, detail }) => printable(`${id}  ${done.padEnd(8)}  ${detail}`));
  const output = json
    ? `${JSON.stringify(outcomes)}\n`
    : `${(lines.length > 0 ? lines : ['no dead letters']).join('\n')}\n`;
  const left = outcomes.filter(({ done }) => done === 'left').length;
  const seen = outcomes.filter(({ isToSee }) => isToSee).length;
  const problems = [
    ...(left > 0 ? [`${left} of ${outcomes.length} letters are left, see above.`] : []),
    ...(seen > 0
      ? [`Runs of ${seen} letters failed or were skipped: npm run trader -- list --tick TIME`]
      : []),
  ];
  const problem = problems.length > 0 ? problems.join(' ') : undefined;
  return { output, problem };
}
