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

/** A longer text says no more to a person. */
const MAX_TEXT = 20_000;

const safe = (text: unknown) => redact(textOf(text)).toWellFormed().slice(0, MAX_TEXT).toWellFormed();

/** How many errors are recorded of one: itself, causes, and errors of an `AggregateError`. */
const MAX_ERRORS = 20;

/** How deep they are recorded below one another. */
const MAX_DEPTH = 5;

/** What else an error carries is recorded up to this length, in characters of JSON. */
const MAX_DETAILS = 32_000;

/** The plain data of anything that was thrown, with its causes. Never throws itself: what can't be stored is omitted. */
export function recordError(thrown: unknown): RecordedError {
  try {
    return record(thrown, MAX_DEPTH, { left: MAX_ERRORS });
  } catch {
    return { name: 'Error', message: 'an error that could not be read was thrown' };
  }
}

function record(thrown: unknown, depth: number, room: { left: number }): RecordedError {
  room.left--;
  if (!isErrorLike(thrown)) return { name: 'Error', message: safe(thrown) };
  const { cause, errors } = thrown as { cause?: unknown; errors?: unknown };
  const below = (each: unknown) => (depth > 0 && room.left > 0 ? [record(each, depth - 1, room)] : []);
  const [recordedCause] = cause === undefined ? [] : below(cause);
  return {
    ...details(thrown),
    ...(recordedCause && { cause: recordedCause }),
    ...(Array.isArray(errors) && { errors: errors.slice(0, MAX_ERRORS).flatMap(below) }),
    name: safe(thrown.name),
    message: safe(thrown.message),
  };
}

/** An error, or one as it was recorded before. */
function isErrorLike(thrown: unknown): thrown is { name: unknown; message: unknown } {
  if (typeof thrown !== 'object' || thrown === null) return false;
  if (thrown instanceof Error || 'stack' in thrown) return true;
  const { name, message } = thrown as { name?: unknown; message?: unknown };
  return typeof name === 'string' && typeof message === 'string';
}

function details(thrown: object): object {
  try {
    // An error's stack is not enumerable, so the details are without it.
    const { stack, cause, errors, ...members } = { ...thrown } as Record<string, unknown>;
    void [stack, cause, errors];
    const recorded = redacted(toJson(members)) as object;
    return JSON.stringify(recorded).length > MAX_DETAILS ? {} : recorded;
  } catch {
    return {};
  }
}

/** The text of anything, also of an object without a prototype. */
function textOf(value: unknown): string {
  try {
    if (typeof value !== 'object' || value === null) return String(value);
    return value instanceof Error ? value.message : JSON.stringify(toJson(value));
  } catch {
    return Object.prototype.toString.call(value);
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
  // Not enumerable: it is not part of what is recorded of the error.
  readonly #step: string;

  /** @param step the id of the step, in hexadecimal */
  constructor(
    readonly ref: string,
    step: string,
    recorded: RecordedError,
  ) {
    super(recorded.message);
    this.#step = step;
    Object.assign(this, recorded);
  }

  /** The steps whose failures an error is, or has among its causes and the errors of an `AggregateError`. */
  static stepsOf(error: unknown): Set<string> {
    const steps = new Set<string>();
    const seen = new Set<unknown>([error]);
    // A set is walked in the order of insertion, also what is added on the way; each error is looked at once.
    for (const at of seen) {
      if (!(at instanceof Error)) continue;
      if (at instanceof StepError) steps.add(at.#step);
      seen.add(at.cause);
      if (at instanceof AggregateError) for (const each of at.errors) seen.add(each);
    }
    return steps;
  }
}

/** A step that had no outcome in time. What its action has begun may still have its effect. */
export class StepTimeoutError extends Error {
  override readonly name = 'StepTimeoutError';

  constructor(ref: string, deadline: Date) {
    super(`Step "${ref}" had no outcome by ${deadline.toISOString()}.`);
  }
}

/** Blocks a run whose workflow, or the version of it that started the run, is not in the deployed code. */
export class UnknownWorkflowError extends Error {
  override readonly name = 'UnknownWorkflowError';

  constructor(workflow: string, version: number, known: number[]) {
    const deployed =
      known.length === 0 ? 'does not register that workflow' : `has version ${known.join(', ')} of it`;
    super(
      `Version ${version} of the workflow "${workflow}" started the run; the deployed code ${deployed}. ` +
        'Nothing was done. Deploy that version again: keep it in `previousVersions` until its runs have ended.',
    );
  }
}

/** Ends a run that a person cancelled while it waited. */
export class RunCancelledError extends Error {
  override readonly name = 'RunCancelledError';
}

/** Blocks a run whose workflow no longer asks for the steps in its history. Nothing was repeated. */
export class NonDeterminismError extends Error {
  override readonly name = 'NonDeterminismError';

  constructor(recorded: string, asked: string) {
    super(
      `The workflow no longer matches the history of this run: recorded is ${recorded}, but the workflow asks for ${asked}. ` +
        'Either its code changed while the run was open, or it reads something other than its argument and its ' +
        'steps (the clock, randomness, a variable). Nothing was repeated. Deploy code that replays the history, or cancel the run.',
    );
  }
}

/** Blocks a run whose orchestrator crashes each time that it is resumed. */
export class CrashLoopError extends Error {
  override readonly name = 'CrashLoopError';

  constructor(attempts: number) {
    super(
      `The orchestrator crashed ${attempts} times in a row while it advanced this run, without any progress. ` +
        "See the orchestrator's log for a timeout or a lack of memory, and fix that. The run is tried again, less and less often.",
    );
  }
}

/** Blocks a run whose workflow waits for something that is not a step, for as long as a pass may take. */
export class StuckWorkflowError extends Error {
  override readonly name = 'StuckWorkflowError';

  constructor() {
    super(
      'The workflow waits for something that is not a step, and its orchestrator had no more time. ' +
        'Between two steps a workflow uses its argument and the results of its steps. Deploy code that does, or cancel the run.',
    );
  }
}

/** Blocks a run all of whose parts together are too large. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError';

  constructor(cause: Error) {
    super(
      'The record of the run would be longer than the 16 MiB that MongoDB takes: the arguments of steps in progress, signals and ' +
        'results together are too large. Store what is large elsewhere, and keep its key.',
      { cause },
    );
  }
}

/** Whether an error is a fault of the operator: it blocks a run until the operator has fixed it, and never ends it. */
export function isBlocking(error: unknown): error is Error {
  return (
    error instanceof UnknownWorkflowError ||
    error instanceof NonDeterminismError ||
    error instanceof CrashLoopError ||
    error instanceof StuckWorkflowError ||
    error instanceof RecordTooLargeError
  );
}

/** Thrown where a workflow uses `do` in a way that a replay could not repeat. It ends the run, or the step it is in. */
export class MisuseError extends Error {
  override readonly name = 'MisuseError';
}

/** An attempt that did not end in the time that a step has. What it has started may still have its effect. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';

  constructor(ref: string, ms: number) {
    super(`The attempt at step "${ref}" did not end within ${ms} ms.`);
  }
}

/** Ends a pass: another orchestrator holds the run, or the run has ended. Nothing was written. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** Ends a pass: a signal came that the pass has not seen, and that changes what it was about to write. */
export class StaleRunError extends Error {
  override readonly name = 'StaleRunError';
}
