import type { Logger } from '@aws-lambda-powertools/logger';
import { recordError } from '../durable/errors.ts';
import type { RunDocument } from '../durable/run-document.ts';
import type { Run } from '../durable/run.ts';
import type { RunObserver } from '../durable/run-observer.ts';
import type { AskedStep, RecordedStep } from '../durable/step.ts';
import type { Suspension } from '../durable/suspension.ts';
import type { FailureLog } from './resume-open.ts';

/** One line of JSON for each thing that happens to a run. Every line names the run. */
export class RunLog implements RunObserver, FailureLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  runClaimed(run: RunDocument, how: 'created' | 'taken-over'): void {
    const message = how === 'created' ? 'run started' : 'run resumed';
    this.#logger.info(message, { ...name(run), argument: run.argument });
  }

  runFound(run: RunDocument, how: 'held' | 'finished'): void {
    this.#logger.info('run found: its key came again, and nothing was repeated', { ...name(run), how });
  }

  stepStarted(run: RunDocument, { ref, action, argument }: AskedStep): void {
    this.#logger.info('step started', { ...name(run), step: ref, action, argument });
  }

  stepEnded(run: RunDocument, step: RecordedStep): void {
    const { ref, action, attempts, outcome } = step;
    const durationMs = step.endedAt.getTime() - step.startedAt.getTime();
    this.#logger.info('step ended', { ...name(run), step: ref, action, attempts, durationMs, ...outcome });
  }

  runSuspended(run: RunDocument, { due, waits }: Suspension): void {
    this.#logger.info('run suspended', { ...name(run), due, waits });
  }

  runBlocked(run: RunDocument, error: Error): void {
    this.#logger.error('run blocked', {
      ...name(run),
      error: recordError(error),
    });
  }

  runFailed(run: string, error: unknown): undefined {
    this.#logger.error('run could not be advanced; a later tick resumes it', {
      run,
      error: recordError(error),
    });
  }

  runEnded({ id, key, state, result, error }: Run): void {
    this.#logger.info('run ended', { run: id, key, state, result, error });
  }
}

function name(run: RunDocument) {
  return { run: run._id.toHexString(), key: run.filter.key };
}
