import { countsInWords } from '../../outcome.ts';
import { parseAnswer } from '../answer/answer.ts';
import type { Context } from '../command.ts';
import { withoutUris } from '../without-uris.ts';
import { ages, minutesSince, release, type HeldLetter, type Queues } from './held-letters.ts';

/** What was done to a letter; `left` means that it is still in its queue. */
export interface Outcome {
  id: string;
  done: 'redriven' | 'deleted' | 'left';
  detail: string;
  /** Whether runs of it failed or were skipped. */
  isToSee?: boolean;
}

interface Redrive extends Queues {
  late: boolean;
  /** Whether the letter is asked for by its id. */
  isNamed: boolean;
  open: Context['open'];
}

/** The longest that the orchestrator takes to answer, in seconds. */
export const longestSend = (timeoutSeconds: number) => timeoutSeconds + 60;

/** Sends a letter to the orchestrator, and deletes it when it is answered. */
export async function redrive(letter: HeldLetter, options: Redrive): Promise<Outcome> {
  const { late, isNamed, open, timeoutSeconds, maxTickAgeMinutes } = options;
  const left = async (detail: string): Promise<Outcome> => {
    await release([letter]);
    return { id: letter.id, done: 'left', detail };
  };
  const { event, id, tick, note, what } = letter;
  if (event === undefined) return left(note ?? 'there is nothing to send');
  if (tick === undefined && !isNamed) {
    return left(
      `it is not a tick but "${what}", which is done now, whatever its age: give its id to send it`,
    );
  }
  // The orchestrator records a tick that is too old as skipped, which uses up its key.
  const problem = late ? undefined : tooOld(tick, maxTickAgeMinutes);
  if (problem !== undefined) return left(`${problem}: give --late, or --delete it`);
  try {
    await letter.queue.hold(letter.message, longestSend(timeoutSeconds));
  } catch (error) {
    return { id, done: 'left', detail: `another process has it: ${(error as Error).message}` };
  }
  let answer: string;
  try {
    const target = await open();
    answer = await target.send(tick !== undefined && late ? { ...event, late: true } : event);
  } catch (error) {
    return left(withoutUris((error as Error).message));
  }
  try {
    await letter.queue.delete(letter.message);
  } catch (error) {
    return left(`it was sent, but not deleted; to send it again does no harm: ${(error as Error).message}`);
  }
  return { id, done: 'redriven', ...outcomeOf(what, answer) };
}

/** Deletes a letter without sending it. */
export async function remove({ id, what, queue, message }: HeldLetter): Promise<Outcome> {
  try {
    // SQS answers the deletion of a message that is no longer held as if it were done.
    await queue.hold(message, 60);
    await queue.delete(message);
    return { id, done: 'deleted', detail: what };
  } catch (error) {
    return { id, done: 'left', detail: (error as Error).message };
  }
}

/** Time for the way to the orchestrator: a tick this close to the limit may be too old when it arrives. */
const MARGIN_MINUTES = 2;

function tooOld(tick: string | undefined, limit: number | undefined): string | undefined {
  if (tick === undefined) return undefined;
  if (limit === undefined) return 'the limit for the age of a tick is not known';
  const age = minutesSince(tick);
  if (age >= limit) return `too old: ${ages(age, limit)}`;
  return age >= limit - Math.min(MARGIN_MINUTES, limit / 2)
    ? `may be too old when it arrives: ${ages(age, limit)}`
    : undefined;
}

function outcomeOf(what: string, payload: string): Pick<Outcome, 'detail' | 'isToSee'> {
  try {
    const { runs, counts, omitted, outcome } = parseAnswer(payload);
    if (!runs || !counts) return { detail: `${what}: ${outcome ?? 'done'}` };
    const isToSee = (counts['failed'] ?? 0) + (counts['skipped'] ?? 0) > 0;
    return { detail: `${what}: ${countsInWords(runs.length + omitted, counts)}`, isToSee };
  } catch {
    // The letter is deleted and its outcome is recorded, also if this version can't read the answer.
    return { detail: `${what}: done` };
  }
}
