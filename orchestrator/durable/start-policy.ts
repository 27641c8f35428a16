import type { RunDocument } from './run-document.ts';

/** What a run waits for that has not started because there was no time. */
export const START = 'start';

/** What a run waits for that has not started because an earlier one is open. */
const QUEUE = 'queue';

/** What is to be done with a run that was created, and has not started. */
export type StartDecision = 'start' | { skip: string } | { waitFor: string; reason: string };

/** What is known of the world in which it would start. */
export interface StartContext {
  now: number;
  /** Whether there is time for a step. */
  hasTime: boolean;
  /** An earlier run with its overlap key that is open. */
  findEarlier: () => Promise<Pick<RunDocument, '_id' | 'createdAt'> | undefined>;
}

export async function decideStart(document: RunDocument, context: StartContext): Promise<StartDecision> {
  const { start } = document.bag;
  if (!start) return 'start';
  const { skip, notAfter, overlap } = start;
  if (skip !== undefined) return { skip };
  if (notAfter && context.now > notAfter.getTime()) {
    return { skip: `it was too late to start: the limit was ${notAfter.toISOString()}` };
  }
  const earlier = overlap && (await context.findEarlier());
  if (earlier) {
    const reason = `run ${earlier._id.toHexString()} of ${document.filter['overlap']}, of ${earlier.createdAt.toISOString()}, is still open`;
    return overlap === 'skip' ? { skip: reason } : { waitFor: QUEUE, reason };
  }
  return context.hasTime ? 'start' : noTimeToStart;
}

/** Nothing of the run was done yet, so that it may still be too late to start it. */
export const noTimeToStart = { waitFor: START, reason: 'the invocation had no time left to start it' };
