import type { OpenRun } from '../durable/run-store.ts';
import type { Run } from '../durable/run.ts';
import type { Runner, RunRequest } from '../durable/runner.ts';
import { inParallel } from './parallel.ts';
import { OPEN_LIMIT, resumeOpen, type FailureLog, type OverlapPolicy } from './resume-open.ts';
import type { Trigger } from './trigger.ts';

/** Why a run waits that there was no time to start. */
const NO_TIME = 'the invocation had no time left to begin it';

/** A run that a tick starts. */
export interface Start extends Pick<RunRequest, 'workflow'> {
  key: string;
  /** What the run can be listed by; its overlap key is derived from it. */
  filter: Record<string, string>;
}

/** One invocation's work. */
export interface Tick extends Trigger {
  starts: Start[];
  /** Whether this tick resumes a run that another one started; with several shards, each resumes its own. */
  isOurs(this: void, open: OpenRun): boolean;
}

/** Thrown if the time was up before each run was started. The rest is on record, and waits. */
export class UnfinishedTickError extends Error {
  override readonly name = 'UnfinishedTickError';
}

/** The runs that a tick worked on. */
export interface TickResult {
  /** Its own runs, in the order of its starts, then earlier ones that it resumed. */
  runs: Run[];
  /** Ids of due runs that it had no time to resume. */
  remaining: string[];
}

/**
 * Resumes the runs that earlier invocations suspended, oldest first, then starts the tick's own.
 *
 * A run that fails to advance does not affect the others. If it is an earlier run, the next tick tries again. If it is
 * one of the tick's own, the error is thrown at the end, so that the tick is delivered again. The same holds if there
 * is not enough time for all: their runs are recorded first, so that none depends on that redelivery.
 */
export async function runTick(
  tick: Tick,
  policy: OverlapPolicy,
  runner: Runner,
  log: FailureLog,
): Promise<TickResult> {
  const own = new Set(tick.starts.map(({ key }) => key));
  const found = await runner.findOpen(OPEN_LIMIT);
  const others = found.filter((run) => !own.has(run.filter['key'] ?? '') && tick.isOurs(run));
  const { resumed, remaining } = await resumeOpen(others, policy, runner, log);

  const latest = latestByKey(withoutEnded(others, resumed), policy);
  const failures: unknown[] = [];
  const started = await inParallel(tick.starts, (start) => {
    const overlapKey = policy.overlapKeyOf(start.filter);
    const request = toRequest(tick, start, openReason(overlapKey, latest.get(overlapKey)));
    return runner.run(runner.hasTime ? request : { queue: NO_TIME, ...request }).catch((error: unknown) => {
      failures.push(error);
      return log.runFailed(start.key, error);
    });
  });
  if (failures.length > 0) throw failures[0];
  const runs = started.filter((run) => run !== undefined);
  const waiting = runs.filter((run) => run.waits.some(({ reason }) => reason === NO_TIME)).length;
  if (waiting > 0 && tick.isRedelivered) {
    throw new UnfinishedTickError(
      `${waiting} of ${tick.starts.length} runs were not started within the time limit; they wait for the redelivery or the next tick. Configure more shards, or a longer orchestratorTimeoutSeconds.`,
    );
  }
  return { runs: [...runs, ...resumed], remaining };
}

function withoutEnded(open: OpenRun[], resumed: Run[]): OpenRun[] {
  const ended = new Set(resumed.filter(({ state }) => state !== 'IN_PROGRESS').map(({ id }) => id));
  return open.filter(({ id }) => !ended.has(id.toHexString()));
}

function latestByKey(open: OpenRun[], { overlapKeyOf }: OverlapPolicy): Map<string | undefined, OpenRun> {
  return new Map(open.map((run) => [overlapKeyOf(run.filter), run]));
}

function openReason(overlapKey: string | undefined, open: OpenRun | undefined): string | undefined {
  if (!open) return undefined;
  return `run ${open.id.toHexString()} of ${overlapKey}, of ${open.startedAt.toISOString()}, is still open`;
}

function toRequest(tick: Tick, start: Start, open: string | undefined): RunRequest {
  const skip = tick.skip ?? (tick.overlap === 'skip' ? open : undefined);
  const queue = tick.overlap === 'queue' ? open : undefined;
  return { ...start, ...(skip !== undefined && { skip }), ...(queue !== undefined && { queue }) };
}
