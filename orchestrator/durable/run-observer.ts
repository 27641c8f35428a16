import type { RunDocument } from './run-document.ts';
import type { Run } from './run.ts';
import type { AskedStep, RecordedStep } from './step.ts';
import type { Suspension } from './suspension.ts';

/** Gets what happens to runs. */
export interface RunObserver {
  runClaimed(run: RunDocument, how: 'created' | 'taken-over'): void;
  /** A run whose key came again: it was left as it is. */
  runFound(run: RunDocument, how: 'held' | 'finished'): void;
  stepStarted(run: RunDocument, step: AskedStep): void;
  /** The outcome of a step is on record. */
  stepEnded(run: RunDocument, step: RecordedStep): void;
  runSuspended(run: RunDocument, suspension: Suspension): void;
  /** A fault of the operator keeps the run from going on. */
  runBlocked(run: RunDocument, error: Error): void;
  runEnded(run: Run): void;
}

export const silentObserver: RunObserver = {
  runClaimed: () => undefined,
  runFound: () => undefined,
  stepStarted: () => undefined,
  stepEnded: () => undefined,
  runSuspended: () => undefined,
  runBlocked: () => undefined,
  runEnded: () => undefined,
};
