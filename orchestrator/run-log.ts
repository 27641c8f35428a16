import type { Logger } from '@aws-lambda-powertools/logger';
import { recordError } from './durable/errors.ts';
import type { Run, RunDocument } from './durable/run.ts';
import type { RunObserver } from './durable/runner.ts';
import type { AskedStep, RecordedStep } from './durable/step.ts';
import type { Suspension } from './durable/suspension.ts';
import type { Results } from './results.ts';
import type { RunMetrics } from './run-metrics.ts';
import type { TickLog } from './carry-on.ts';

/** One line of JSON for each thing that happens to a run, and its metrics; every line of a run names it. */
export class RunLog implements RunObserver, TickLog {
  readonly #logger: Logger;
  readonly #metrics: RunMetrics;

  readonly #results: Results;

  constructor(logger: Logger, metrics: RunMetrics, results: Results) {
    this.#results = results;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  runClaimed(run: RunDocument, how: 'created' | 'taken-over'): void {
    const message = how === 'created' ? 'run started' : 'run resumed';
    this.#logger.info(message, { ...name(run), argument: run.argument });
    this.#metrics.count(how === 'created' ? 'RunsStarted' : 'RunsResumed', { run: run._id.toHexString() });
  }

  runFound(run: RunDocument, how: 'held' | 'finished'): void {
    this.#logger.info('run found; its key came again, and nothing was repeated', { ...name(run), how });
    this.#metrics.count('DuplicatesSuppressed', { run: run._id.toHexString() });
  }

  stepStarted(run: RunDocument, { ref, action, argument }: AskedStep): void {
    this.#logger.info('step started', { ...name(run), step: ref, action, argument });
  }

  stepEnded(run: RunDocument, step: RecordedStep): void {
    const { ref, action, attempts, outcome } = step;
    const durationMs = step.endedAt.getTime() - step.startedAt.getTime();
    this.#logger.info('step ended', { ...name(run), step: ref, action, attempts, durationMs, ...outcome });
    this.#metrics.stepEnded(run._id.toHexString(), step);
  }

  runSuspended(run: RunDocument, { due, waits }: Suspension): void {
    this.#logger.info('run suspended', { ...name(run), due, waits });
  }

  runFailed(run: string, error: unknown): undefined {
    this.#logger.error('run could not be driven; a later tick carries it on', {
      run,
      error: recordError(error),
    });
  }

  runEnded(run: Run): void {
    const { id, key, state, result, error } = run;
    this.#results.runEnded(run);
    this.#logger.info('run ended', { run: id, key, state, result, error });
    this.#metrics.count(state === 'SUCCESS' ? 'RunsSucceeded' : 'RunsFailed', { run: id });
  }
}

function name(run: RunDocument) {
  return { run: run._id.toHexString(), key: run.filter.key };
}
