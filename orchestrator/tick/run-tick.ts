import type { OpenRun } from '../durable/open-runs.ts';
import type { Run } from '../durable/run.ts';
import type { Runner, RunRequest } from '../durable/runner.ts';
import { START } from '../durable/start-policy.ts';
import { inParallel } from './parallel.ts';
import { OPEN_LIMIT, resumeOpen, type FailureLog } from './resume-open.ts';
import type { Trigger } from './trigger.ts';

/** A run that a tick starts. */
export interface Start extends Pick<RunRequest, 'workflow'> {
  key: string;
  /** What the run can be listed by. Runs with the same `overlap` overlap while both are open. */
  filter: Record<string, string>;
}

/** One invocation's work. */
export interface Tick extends Trigger {
  starts: Start[];
  /** Whether this tick resumes a run that another one started; with several shards, each resumes its own. */
  isOurs(this: void, open: OpenRun): boolean;
}

/** For so many steps in a row, earlier runs leave the time to a tick's own ones. */
const OWN_STEPS = 2;

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
 * Puts the tick's own runs on record, resumes the runs that are due, oldest due date first, then advances its own.
 *
 * A run that fails to advance does not affect the others. If it is an earlier run, the next tick tries again. If it is
 * one of the tick's own, the error is thrown at the end, so that the tick is delivered again. The same holds if there
 * is not enough time for all.
 */
export async function runTick(tick: Tick, runner: Runner, log: FailureLog): Promise<TickResult> {
  const failures: unknown[] = [];
  const failed =
    ({ key }: Start) =>
    (error: unknown) => {
      failures.push(error);
      return log.runFailed(key, error);
    };
  const claims = await inParallel(tick.starts, (start) => {
    return runner.claim(toRequest(tick, start)).catch(failed(start));
  });
  // After that, so that of two ticks at once at least one sees the other's run.
  const own = new Set(tick.starts.map(({ key }) => key));
  const overlapKeys = tick.starts.flatMap(({ filter }) => filter['overlap'] ?? []);
  const found = await runner.findOpen(tick.overlap === 'allow' ? [] : overlapKeys, OPEN_LIMIT);
  const others = found.filter((run) => !own.has(run.filter['key'] ?? '') && tick.isOurs(run));
  const taken = new Set(
    found.length < OPEN_LIMIT ? others.map(({ filter }) => filter['overlap']) : overlapKeys,
  );
  const resuming = tick.starts.length > 0 ? runner.reserving(OWN_STEPS) : runner;
  const { resumed, remaining } = await resumeOpen(others, resuming, log);
  const advanced = await inParallel([...claims.entries()], ([index, claim]) => {
    if (!claim) return Promise.resolve(undefined);
    const mayOverlap = taken.has(tick.starts[index]!.filter['overlap']);
    return runner.advance(claim, mayOverlap).catch(failed(tick.starts[index]!));
  });

  if (failures.length > 0) throw failures[0];
  const runs = advanced.filter((run) => run !== undefined);
  const waiting = runs.filter(({ id, waits }) =>
    waits.some(({ step, ref }) => step === id && ref === START),
  ).length;
  if (waiting > 0 && tick.isRedelivered) {
    throw new UnfinishedTickError(
      `${waiting} of ${tick.starts.length} runs were not started within the time limit; they wait for the redelivery or the next tick. Configure more shards, or a longer orchestratorTimeoutSeconds.`,
    );
  }
  return { runs: [...runs, ...resumed], remaining };
}

/** What is decided here counts if this very request creates the run. */
function toRequest({ skip, overlap, startBy }: Tick, start: Start): RunRequest {
  if (skip !== undefined) return { ...start, start: { skip } };
  return {
    ...start,
    ...(startBy && { startBy }),
    ...(overlap !== 'allow' && start.filter['overlap'] !== undefined && { start: { overlap } }),
  };
}
