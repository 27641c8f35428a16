import type { RecordedError } from './errors.ts';

/** Why a step does not go on in this pass. */
export interface Wait {
  /** The step's id, in hexadecimal. */
  step: string;
  ref: string;
  reason: string;
  /** When a later pass can go on with it. */
  due: Date;
  /** Attempts that failed so far, and the error of the last one. */
  attempts: number;
  error?: RecordedError;
  /** Whether the step has no outcome yet because it was not attempted, or is to be attempted again. */
  isUnattempted?: true;
}

/** What is known of a step now takes the place of what was known before. */
export function mergedWaits(before: Wait[] = [], now: Wait[] = []): Wait[] {
  const steps = new Set(now.map(({ step }) => step));
  return [...before.filter(({ step }) => !steps.has(step)), ...now];
}

/** Ends a pass before the run has ended: the run is suspended, and a later pass resumes it. */
export class Suspension extends Error {
  override readonly name = 'Suspension';
  readonly waits: Wait[];

  constructor(...waits: [Wait, ...Wait[]]) {
    super(waits.map(({ reason }) => reason).join('; '));
    this.waits = waits;
  }

  /** When the run can go on: when the first of its steps can. */
  get due(): Date {
    return new Date(Math.min(...this.waits.map(({ due }) => due.getTime())));
  }
}

/** The time that a pass has. */
export interface TimeLimit {
  /** Milliseconds until this process may be ended; Infinity for a process that stays. */
  remainingMs(): number;
  /** What must remain for a step to be started: the longest that one takes, and the writes after it. */
  stepMs: number;
}

export const noTimeLimit: TimeLimit = { remainingMs: () => Infinity, stepMs: 0 };
