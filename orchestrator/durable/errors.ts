/** An error as the store and the reports hold it: plain data, without stack. */
export interface RecordedError {
  name: string;
  message: string;
  /** What else the error carried, such as the function that failed and its own error. */
  [detail: string]: unknown;
}

/** The plain data of anything that was thrown. */
export function recordError(thrown: unknown): RecordedError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  // An error's stack is not enumerable, so the details are without it.
  return { ...(toJson({ ...thrown }) as object), name: thrown.name, message: thrown.message };
}

/** A value as JSON keeps it; results are delivered in this form at once, so that a replay sees no difference. */
export function toJson(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

/**
 * Thrown by `do` when a step failed, at the first time and at every replay alike.
 * `name`, `message` and the details are those of the error that the action threw.
 */
export class StepError extends Error {
  [detail: string]: unknown;

  constructor(
    readonly ref: string,
    recorded: RecordedError,
  ) {
    super(recorded.message);
    Object.assign(this, recorded);
  }
}

/** Ends a run whose workflow no longer asks for what its record holds; nothing was repeated. */
export class NonDeterminismError extends Error {
  override readonly name = 'NonDeterminismError';

  constructor(recorded: string, asked: string) {
    super(
      `The workflow no longer matches this run's record: recorded is ${recorded}, but the workflow asks for ${asked}. ` +
        'Either its code changed while the run was open, or it reads something other than its argument and its ' +
        'steps (the clock, randomness, a variable). Nothing was repeated; start a new run with a new key.',
    );
  }
}

/** Ends a run whose orchestrator died each time that it was carried on. */
export class CrashLoopError extends Error {
  override readonly name = 'CrashLoopError';

  constructor(attempts: number) {
    super(
      `The orchestrator died ${attempts} times while it carried on this run, so the run was given up. ` +
        "See the orchestrator's log for a time-out or for memory that ran out, mend that, and start a new run with a new key.",
    );
  }
}
