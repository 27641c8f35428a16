import type { RunDocument } from '../durable/run-document.ts';
import type { Run } from '../durable/run.ts';
import type { RunObserver } from '../durable/run-observer.ts';
import type { RecordedStep } from '../durable/step.ts';
import type { MetricLine } from './metric-line.ts';

type RunMetric =
  'RunsStarted' | 'RunsResumed' | 'RunsSucceeded' | 'RunsFailed' | 'RunsBlocked' | 'DuplicatesSuppressed';

/** The metrics of the runs of any workflow. The dashboard and the alarms of the stack use these names. */
export class RunMetrics implements Partial<RunObserver> {
  readonly #publish: MetricLine;

  constructor(publish: MetricLine) {
    this.#publish = publish;
  }

  runClaimed({ _id }: RunDocument, how: 'created' | 'taken-over'): void {
    this.#count(how === 'created' ? 'RunsStarted' : 'RunsResumed', _id.toHexString());
  }

  runFound({ _id }: RunDocument): void {
    this.#count('DuplicatesSuppressed', _id.toHexString());
  }

  stepEnded({ _id }: RunDocument, { ref, startedAt, endedAt }: RecordedStep): void {
    const durationMs = endedAt.getTime() - startedAt.getTime();
    this.#publish('StepDuration', 'Milliseconds', durationMs, { step: ref }, { run: _id.toHexString() });
  }

  runBlocked({ _id }: RunDocument): void {
    this.#count('RunsBlocked', _id.toHexString());
  }

  runEnded({ id, state }: Run): void {
    this.#count(state === 'SUCCESS' ? 'RunsSucceeded' : 'RunsFailed', id);
  }

  #count(name: RunMetric, run: string): void {
    this.#publish(name, 'Count', 1, {}, { run });
  }
}
