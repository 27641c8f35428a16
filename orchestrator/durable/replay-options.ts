import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';
import type { AskedStep, EndedStep, RecordedStep } from './step.ts';
import type { TimeLimit } from './suspension.ts';

/** Gets each step as it happens. */
export interface StepObserver {
  stepStarted(step: AskedStep): void;
}

/** What one pass of a workflow works with. */
export interface ReplayOptions {
  history: RecordedStep[];
  /** Outcomes that retries have cut off the history; one counts again when the workflow asks for its very step. */
  spare: EndedStep[];
  journal: Journal;
  observer?: StepObserver | undefined;
  time: TimeLimit;
  clock: Clock;
}
