import { toJson } from './json.ts';

/** An error as the store and the reports hold it: plain data, without stack. */
export interface RecordedError {
  name: string;
  message: string;
  /** What else the error carried, such as the function that failed and its own error. */
  [detail: string]: unknown;
}

let redact = (text: string): string => text;

/** Every text of an error goes through this function before it is recorded, to strike secrets. */
export function redactErrors(redaction: (text: string) => string): void {
  redact = redaction;
}

const safe = (text: unknown) => redact(String(text)).toWellFormed();

/** The plain data of anything that was thrown. Never throws itself: details that can't be stored are omitted. */
export function recordError(thrown: unknown): RecordedError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: safe(thrown) };
  const plain = { name: safe(thrown.name), message: safe(thrown.message) };
  try {
    // An error's stack is not enumerable, so the details are without it.
    return { ...(redacted(toJson({ ...thrown })) as object), ...plain };
  } catch {
    return plain;
  }
}

/** Plain data with each of its texts redacted. */
function redacted(value: unknown): unknown {
  if (typeof value === 'string') return safe(value);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redacted(member)]));
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

/** A step that had no outcome in time. What its action has begun may still have its effect. */
export class StepTimeoutError extends Error {
  override readonly name = 'StepTimeoutError';

  constructor(ref: string, deadline: Date) {
    super(`Step "${ref}" had no outcome by ${deadline.toISOString()}.`);
  }
}

/** Ends a run that was begun by a version of its workflow that the deployed code does not have; nothing was repeated. */
export class UnknownVersionError extends Error {
  override readonly name = 'UnknownVersionError';

  constructor(workflow: string, version: number, known: number[]) {
    super(
      `The run was begun by version ${version} of the workflow "${workflow}"; the deployed code has ` +
        `${known.join(', ')}. Keep a version in the workflow's \`previousVersions\` until its runs have ended. ` +
        'Deploy it again, then retry the run.',
    );
  }
}

/** Ends a run that a person cancelled while it waited. */
export class RunCancelledError extends Error {
  override readonly name = 'RunCancelledError';
}

/** Ends a run whose workflow no longer asks for what its record holds; nothing was repeated. */
export class NonDeterminismError extends Error {
  override readonly name = 'NonDeterminismError';

  constructor(recorded: string, asked: string) {
    super(
      `The workflow no longer matches this run's record: recorded is ${recorded}, but the workflow asks for ${asked}. ` +
        'Either its code changed while the run was open, or it reads something other than its argument and its ' +
        'steps (the clock, randomness, a variable). Nothing was repeated. Look into the ledger for what the run has ' +
        'done before you start another one under a new key.',
    );
  }
}

/** Ends a run whose orchestrator crashed each time that it was resumed. */
export class CrashLoopError extends Error {
  override readonly name = 'CrashLoopError';

  constructor(attempts: number) {
    super(
      `The orchestrator crashed ${attempts} times while it advanced this run, so the run was given up. ` +
        "See the orchestrator's log for a timeout or a lack of memory, and fix that. Look into the ledger for " +
        'what the run has done before you start another one under a new key.',
    );
  }
}
