import { AsyncLocalStorage } from 'node:async_hooks';
import { ActionState } from '@wbce/orbits-core';
import type { Clock } from './clock.ts';
import type { DurableAction } from './durable-action.ts';
import { AttemptTimeoutError, recordError, StepTimeoutError } from './errors.ts';
import { toJson } from './json.ts';
import { backoffMs } from './retry-policy.ts';
import { describeStep, type AskedStep, type Outcome } from './step.ts';
import { Suspension, type TimeLimit, type Wait } from './suspension.ts';

/** How the attempts at a step ended, and how many there were. `OPEN`: its action has started something to be watched. */
export interface Attempted {
  outcome: Outcome | 'OPEN';
  attempts: number;
}

/** What is attempted. */
export interface Subject {
  step: AskedStep;
  action: DurableAction;
  /** The part of the action that does the work. */
  work: () => ActionState | Promise<ActionState>;
  /** Attempts that earlier passes made. */
  attemptsBefore: number;
  /** When the step times out, if it does. */
  deadline?: Date | undefined;
}

/** The part of a step's time that an attempt may take: the rest is for the writes after it. */
const ATTEMPT_PART = 0.9;

/** An attempt at a step. */
export interface Attempt {
  step: AskedStep;
  isOver: boolean;
  /** What its work did that a workflow alone may do: the attempt fails of it, also if the work catches it. */
  misuse?: Error;
}

/** The attempt that is made, or was, in this chain of calls. */
export const currentAttempt = new AsyncLocalStorage<Attempt>();

/**
 * Does the work of a step, again if its policy says so, within the time that the pass has.
 *
 * Waits that fit into the time are waited for; a longer one throws a `Suspension` that is due at its end.
 */
export async function attempt(subject: Subject, time: TimeLimit, clock: Clock): Promise<Attempted> {
  const { step, action, deadline } = subject;
  for (let attempts = subject.attemptsBefore + 1; ; attempts++) {
    if (!hasTime(time)) throw tooLittleTime(step, attempts - 1, clock);
    try {
      return { outcome: await inTime(subject, time, clock), attempts };
    } catch (thrown) {
      const error = recordError(thrown);
      const failed: Attempted = { outcome: { state: 'ERROR', error }, attempts };
      if (attempts >= action.retryPolicy.attempts || !isRetriable(action, thrown)) return failed;
      // Not of the workflow's own code, so this randomness needs no record.
      const waitMs = backoffMs(action.retryPolicy, attempts, clock.random());
      const due = new Date(clock.now() + waitMs);
      if (deadline && due >= deadline) return failed;
      const reason = `step "${step.ref}" waits for its next attempt`;
      await pause(waitOf(step, reason, due, { attempts, error, isUnattempted: true }), Infinity, time, clock);
    }
  }
}

export const hasTime = (time: TimeLimit) => time.remainingMs() >= time.stepMs;

/**
 * Waits, if the time left holds the wait and a step after it. Otherwise throws a `Suspension`.
 *
 * @param longestMs from which length on it is cheaper to suspend the run
 */
export async function pause(wait: Wait, longestMs: number, time: TimeLimit, clock: Clock): Promise<void> {
  if (!fits(wait, longestMs, time, clock)) throw new Suspension(wait);
  await clock.sleep(msUntil(wait, clock));
}

export function fits(wait: Wait, longestMs: number, time: TimeLimit, clock: Clock): boolean {
  const waitMs = msUntil(wait, clock);
  return waitMs <= longestMs && time.remainingMs() >= waitMs + time.stepMs;
}

const msUntil = ({ due }: Wait, clock: Clock) => Math.max(0, due.getTime() - clock.now());

export function waitOf(step: AskedStep, reason: string, due: Date, more: Partial<Wait> = {}): Wait {
  return { step: step.id.toHexString(), ref: step.ref, reason, due, attempts: 0, ...more };
}

export function tooLittleTime(step: AskedStep, attempts: number, clock: Clock): Suspension {
  const reason = `too little time is left for step "${step.ref}"`;
  return new Suspension(waitOf(step, reason, new Date(clock.now()), { attempts, isUnattempted: true }));
}

/** An attempt that hangs may have had its effect; the idempotency key makes a repeat harmless. */
function isRetriable(action: DurableAction, error: unknown): boolean {
  try {
    return error instanceof AttemptTimeoutError || action.isRetriable(error);
  } catch {
    return false;
  }
}

/** One attempt. If it exceeds its time it goes on, but its outcome is ignored. */
async function inTime(subject: Subject, time: TimeLimit, clock: Clock): Promise<Outcome | 'OPEN'> {
  const { step, deadline } = subject;
  const attemptMs = time.stepMs > 0 ? ATTEMPT_PART * time.stepMs : Infinity;
  const untilDeadlineMs = deadline ? deadline.getTime() - clock.now() : Infinity;
  if (untilDeadlineMs <= 0) throw new StepTimeoutError(step.ref, deadline!);
  const limitMs = Math.min(attemptMs, untilDeadlineMs);
  const attempt: Attempt = { step, isOver: false };
  const work = currentAttempt
    .run(attempt, () => doWork(subject))
    .finally(() => {
      attempt.isOver = true;
      if (attempt.misuse) throw attempt.misuse;
    });
  if (limitMs === Infinity) return work;
  work.catch(() => undefined);
  const timer = new AbortController();
  const late = clock.sleep(limitMs, timer.signal).then(() => {
    if (timer.signal.aborted) return new Promise<never>(() => undefined);
    throw untilDeadlineMs <= attemptMs
      ? new StepTimeoutError(step.ref, deadline!)
      : new AttemptTimeoutError(step.ref, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    attempt.isOver = true;
    timer.abort();
  }
}

async function doWork({ step, action, work }: Subject): Promise<Outcome | 'OPEN'> {
  await action.initialization();
  const state = await work();
  if (state === ActionState.IN_PROGRESS) return 'OPEN';
  if (state === ActionState.SUCCESS) return { state: 'SUCCESS', result: toJson(action.result) };
  const ended = `${describeStep(step)} ended in the state ${ActionState[state]}`;
  if (state === ActionState.ERROR) throw Object.assign(new Error(ended), { result: toJson(action.result) });
  throw new Error(`${ended}; a step's action ends in SUCCESS or IN_PROGRESS, or throws`);
}
