import type { Run, RunState } from './durable/run.ts';
import type { RecordedStep } from './durable/step.ts';

/** The orchestrator's reply. Times are ISO 8601 in UTC. */
export interface Report {
  /** What the invocation was about: the scheduled time of a tick, or the idempotency key. */
  tick: string;
  /** The runs of this tick, in the order of its symbols, then older ones that were carried on. */
  runs: RunReport[];
  /** Ids of due runs of earlier ticks that this invocation had no time for. A later one carries them on. */
  remaining: string[];
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
  /** What an unfinished run waits for, and when it is due to go on. */
  waits: { ref: string; reason: string; due: string }[];
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

export function toReport(tick: string, runs: Run[], remaining: string[]): Report {
  return { tick, runs: runs.map(toRunReport), remaining };
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
    waits: run.waits.map(({ ref, reason, due }) => ({ ref, reason, due: due.toISOString() })),
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
