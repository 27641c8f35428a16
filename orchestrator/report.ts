import type { Run, RunState } from './durable/run.ts';
import type { RecordedStep } from './durable/step.ts';

/** The orchestrator's reply. Times are ISO 8601 in UTC. */
export interface Report {
  /** What the invocation was about: the scheduled time of a tick, or the idempotency key. */
  tick: string;
  /** The runs of this tick, in the order of its symbols, then older ones that were carried on. */
  runs: RunReport[];
}

export interface RunReport {
  id: string;
  key: string;
  symbol: string;
  state: RunState;
  /** The transaction, once the state is SUCCESS. */
  result: unknown;
  error: { name: string; message: string } | null;
  steps: StepReport[];
  startedAt: string;
  endedAt: string | null;
}

export interface StepReport {
  ref: string;
  state: 'SUCCESS' | 'ERROR';
  attempts: number;
  startedAt: string;
  endedAt: string;
  result: unknown;
}

export function toReport(tick: string, runs: Run[]): Report {
  return { tick, runs: runs.map(toRunReport) };
}

function toRunReport(run: Run): RunReport {
  return {
    id: run.id,
    key: run.key,
    symbol: String(run.argument['symbol']),
    state: run.state,
    result: run.result,
    error: run.error && { name: run.error.name, message: run.error.message },
    steps: run.steps.map(toStepReport),
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt && run.endedAt.toISOString(),
  };
}

function toStepReport({ ref, outcome, attempts, startedAt, endedAt }: RecordedStep): StepReport {
  return {
    ref,
    state: outcome.state,
    attempts,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    result: outcome.state === 'SUCCESS' ? outcome.result : outcome.error,
  };
}
