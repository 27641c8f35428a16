import type { RunDocument, StoredStep } from '../../orchestrator/durable/run-document.ts';
import { ATTEMPTS } from './actions.ts';
import type { Callees } from './callees.ts';
import { demand } from './rules.ts';

const PASSING = ['CalleeAwayError', 'AttemptTimeoutError'];

/** Errors that are no outcome of a step, nor of a run. */
export const OF_OPERATOR = [
  ...['UnknownWorkflowError', 'NonDeterminismError', 'CrashLoopError'],
  ...['LeaseLostError', 'StaleRunError', 'Suspension', 'MongoNetworkError', 'TypeError'],
];

/** How far the clocks of two orchestrators differ at most. */
export const MOST_SKEW_MS = 16_000;

/** Judges an outcome that is recorded, by the document as it was before. */
export function judgeStep(
  step: StoredStep,
  before: RunDocument,
  callees: Callees,
  hasCrashed: boolean,
): void {
  const { id, ref, action, attempts, error } = step;
  const failure = error === undefined ? undefined : (JSON.parse(error) as { name: string });
  const what = `${ref} of run ${before.filter.key}`;
  if (failure) {
    demand(!OF_OPERATOR.includes(failure.name), 'operator', () => `${what} ended with ${error}`);
  }
  const open = before.bag.open?.[id];
  if (failure && PASSING.includes(failure.name) && action !== 'inline' && !open) {
    demand(
      attempts === ATTEMPTS,
      'attempts',
      () => `${what} failed for good at attempt ${attempts}: ${error}`,
    );
  }
  demand(attempts <= ATTEMPTS, 'attempts', () => `${what} had ${attempts} attempts`);
  if (action === 'call' && failure?.name === 'StepTimeoutError' && !hasCrashed) {
    demand(callees.requests(id) > 0, 'deadline', () => `${what} timed out, and was never attempted`);
  }
  if (action === 'sleep') judgeSleep(step, what);
  if (action === 'wait-for') judgeWait(step, before, failure !== undefined, what);
  if (action === 'job' && open?.isWatched && failure?.name === 'StepTimeoutError') {
    const doneAt = callees.jobDoneAt(id);
    const limit = callees.jobTimeoutOf(id);
    const isInTime = doneAt + MOST_SKEW_MS < open.startedAt.getTime() + limit;
    demand(!isInTime, 'deadline', () => `${what} timed out, and was done in time`);
  }
}

/** Attempts that were made stay known until the step has an outcome. */
export function judgeAttempts(before: RunDocument, after: RunDocument, history: StoredStep[]): void {
  for (const { step, ref, attempts } of before.bag.waits ?? []) {
    const isDone = history.some(({ id }) => id === step) || after.bag.open?.[step]?.isWatched;
    if (attempts === 0 || isDone) continue;
    const standing = after.bag.waits?.find((wait) => wait.step === step)?.attempts ?? 0;
    demand(standing >= attempts, 'attempts', () => {
      return `run ${before.filter.key} knew of ${attempts} attempts at ${ref}, and knows of ${standing}`;
    });
  }
}

const tookMs = ({ startedAt, endedAt }: StoredStep) => endedAt.getTime() - startedAt.getTime();

function judgeSleep(step: StoredStep, what: string): void {
  const { duration } = JSON.parse(step.argument) as { duration: { milliseconds: number } };
  demand(tookMs(step) >= duration.milliseconds, 'deadline', () => {
    return `${what} slept ${tookMs(step)} of ${duration.milliseconds} ms`;
  });
}

function judgeWait(step: StoredStep, before: RunDocument, hasFailed: boolean, what: string): void {
  const signal = before.bag.signals?.[step.id];
  const { timeout } = JSON.parse(step.argument) as { timeout: { milliseconds: number } };
  if (hasFailed) {
    demand(signal === undefined, 'deadline', () => `${what} timed out, and has the signal ${signal!.value}`);
    demand(tookMs(step) >= timeout.milliseconds, 'deadline', () => {
      return `${what} timed out after ${tookMs(step)} of ${timeout.milliseconds} ms`;
    });
    return;
  }
  demand(
    signal?.value === step.result,
    'answers',
    () => `${what} took ${step.result}; the signal is ${signal?.value}`,
  );
}
