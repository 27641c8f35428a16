import { setTimeout as sleep } from 'node:timers/promises';
import { ActionState } from '@wbce/orbits-core';
import type { DurableAction } from './durable-action.ts';
import { recordError, type RecordedError } from './errors.ts';
import { toJson } from './json.ts';
import { backoffMs } from './retry-policy.ts';
import { describeStep, type Outcome } from './step.ts';
import { Suspension, type TimeLimit } from './suspension.ts';

/** An outcome, and the attempts that it took. */
export interface Attempted {
  outcome: Outcome;
  attempts: number;
}

/** The step whose action is attempted, for messages and for what is kept between passes. */
interface Subject {
  id: { toHexString(): string };
  ref: string;
  action: string;
  argument: unknown;
}

/**
 * Carries out a step's action, again where its policy says so, within the time that the pass has.
 *
 * Waits that fit into the time are waited; a longer one throws a `Suspension` that is due at its end.
 *
 * @param attemptsBefore attempts that earlier passes made
 */
export async function attempt(
  step: Subject,
  action: DurableAction,
  attemptsBefore: number,
  time: TimeLimit,
): Promise<Attempted> {
  for (let attempts = attemptsBefore + 1; ; attempts++) {
    if (time.remainingMs() < time.stepMs)
      throw new Suspension(`too little time is left for step "${step.ref}"`);
    try {
      return { outcome: { state: 'SUCCESS', result: await carryOut(step, action) }, attempts };
    } catch (thrown) {
      const error = recordError(thrown);
      if (attempts >= action.retryPolicy.attempts || !action.isRetriable(thrown)) {
        return { outcome: { state: 'ERROR', error }, attempts };
      }
      await waitBeforeRetry(step, action, attempts, error, time);
    }
  }
}

async function carryOut(step: Subject, action: DurableAction): Promise<unknown> {
  await action.initialization();
  const state = await action.main();
  if (state === ActionState.SUCCESS) return toJson(action.result);
  const ended = `${describeStep(step)} ended in the state ${ActionState[state]}`;
  if (state === ActionState.ERROR) throw Object.assign(new Error(ended), { result: toJson(action.result) });
  throw new Error(`${ended}; a step's action ends in SUCCESS, or throws`);
}

async function waitBeforeRetry(
  { id, ref }: Subject,
  action: DurableAction,
  attempts: number,
  error: RecordedError,
  time: TimeLimit,
): Promise<void> {
  // Not of the workflow's own code, so this randomness needs no record.
  const waitMs = backoffMs(action.retryPolicy, attempts, Math.random());
  if (time.remainingMs() < waitMs + time.stepMs) {
    const retrying = { step: id.toHexString(), ref, attempts, error };
    throw new Suspension(`step "${ref}" waits for its next attempt`, new Date(Date.now() + waitMs), retrying);
  }
  await sleep(waitMs);
}
