import { setTimeout as sleep } from 'node:timers/promises';
import { ActionState } from '@wbce/orbits-core';
import type { DurableAction } from './durable-action.ts';
import { recordError, StepTimeoutError } from './errors.ts';
import { toJson } from './json.ts';
import { backoffMs } from './retry-policy.ts';
import { describeStep, type Outcome } from './step.ts';
import { Suspension, type TimeLimit } from './suspension.ts';

/** How the attempts at a step ended, and how many there were. `OPEN`: its action has begun something to be watched. */
export interface Attempted {
  outcome: Outcome | 'OPEN';
  attempts: number;
}

/** What is attempted. */
export interface Subject {
  step: { id: { toHexString(): string }; ref: string; action: string; argument: unknown };
  action: DurableAction;
  /** The part of the action that does the work. */
  work: () => ActionState | Promise<ActionState>;
  /** Attempts that earlier passes made. */
  attemptsBefore: number;
  /** When the step times out, if it does. */
  deadline?: Date | undefined;
}

/**
 * Carries out a step's action, again where its policy says so, within the time that the pass has.
 *
 * Waits that fit into the time are waited; a longer one throws a `Suspension` that is due at its end.
 */
export async function attempt(subject: Subject, time: TimeLimit): Promise<Attempted> {
  const { step, action, deadline } = subject;
  for (let attempts = subject.attemptsBefore + 1; ; attempts++) {
    if (time.remainingMs() < time.stepMs) throw tooLittleTime(subject, attempts - 1);
    try {
      return { outcome: await inTime(subject), attempts };
    } catch (thrown) {
      const error = recordError(thrown);
      const failed: Attempted = { outcome: { state: 'ERROR', error }, attempts };
      if (attempts >= action.retryPolicy.attempts || !action.isRetriable(thrown)) return failed;
      // Not of the workflow's own code, so this randomness needs no record.
      const waitMs = backoffMs(action.retryPolicy, attempts, Math.random());
      const due = new Date(Date.now() + waitMs);
      if (deadline && due >= deadline) return failed;
      if (time.remainingMs() < waitMs + time.stepMs) {
        const reason = `step "${step.ref}" waits for its next attempt`;
        throw new Suspension({ step: step.id.toHexString(), ref: step.ref, reason, due, attempts, error });
      }
      await sleep(waitMs);
    }
  }
}

/** One attempt. If it exceeds the deadline it goes on, but its outcome is ignored. */
async function inTime(subject: Subject): Promise<Outcome | 'OPEN'> {
  const { step, deadline } = subject;
  if (!deadline) return carryOut(subject);
  const late = new StepTimeoutError(step.ref, deadline);
  const leftMs = deadline.getTime() - Date.now();
  if (leftMs <= 0) throw late;
  const timer = new AbortController();
  try {
    return await Promise.race([
      carryOut(subject),
      sleep(leftMs, undefined, { signal: timer.signal }).then(() => Promise.reject(late)),
    ]);
  } finally {
    timer.abort();
  }
}

async function carryOut({ step, action, work }: Subject): Promise<Outcome | 'OPEN'> {
  await action.initialization();
  const state = await work();
  if (state === ActionState.IN_PROGRESS) return 'OPEN';
  if (state === ActionState.SUCCESS) return { state: 'SUCCESS', result: toJson(action.result) };
  const ended = `${describeStep(step)} ended in the state ${ActionState[state]}`;
  if (state === ActionState.ERROR) throw Object.assign(new Error(ended), { result: toJson(action.result) });
  throw new Error(`${ended}; a step's action ends in SUCCESS or IN_PROGRESS, or throws`);
}

function tooLittleTime({ step }: Subject, attempts: number): Suspension {
  const reason = `too little time is left for step "${step.ref}"`;
  return new Suspension({ step: step.id.toHexString(), ref: step.ref, reason, due: new Date(), attempts });
}
