import type { RecordedError } from './errors.ts';

/** Attempts at a step that failed so far, where the next one is made by a later pass. */
export interface Retrying {
  /** The step's id, in hexadecimal. */
  step: string;
  ref: string;
  attempts: number;
  error: RecordedError;
}

/** Ends a pass in good order before the run has ended: the run is put down, and a later pass carries it on. */
export class Suspension extends Error {
  override readonly name = 'Suspension';

  /** @param due when the run can go on; at once where it is left out */
  constructor(
    reason: string,
    readonly due: Date = new Date(),
    readonly retrying?: Retrying,
  ) {
    super(reason);
  }
}

/** The time that a pass has. */
export interface TimeLimit {
  /** Milliseconds until this process may be ended; Infinity for a process that stays. */
  remainingMs(): number;
  /** What must remain for a step to be begun: the longest that one takes, and the writes after it. */
  stepMs: number;
}

export const noTimeLimit: TimeLimit = { remainingMs: () => Infinity, stepMs: 0 };
