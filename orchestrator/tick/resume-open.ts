import type { OpenRun } from '../durable/open-runs.ts';
import type { Run } from '../durable/run.ts';
import type { Runner } from '../durable/runner.ts';
import { inParallel } from './parallel.ts';

/** How many unfinished runs one invocation reads at most. */
export const OPEN_LIMIT = 10_000;

/** How many earlier runs one invocation resumes at most. */
const RESUME_LIMIT = 100;

/** Gets each run that could not be advanced, by its id or its key. */
export interface FailureLog {
  runFailed(run: string, error: unknown): undefined;
}

/**
 * Resumes the runs that are due, oldest due date first, while there is time. Runs that overlap are resumed one after the
 * other, the one that was created first before the others: it may be what they wait for.
 */
export async function resumeOpen(
  open: OpenRun[],
  runner: Runner,
  log: FailureLog,
): Promise<{ resumed: Run[]; remaining: string[] }> {
  const ready = open.filter(({ isReady }) => isReady);
  const resumed: Run[] = [];
  const remaining = ready.slice(RESUME_LIMIT).map(({ id }) => id.toHexString());
  await inParallel(byOverlap(ready.slice(0, RESUME_LIMIT)), async (overlapping) => {
    let isOpen = false;
    for (const { id, isQueued } of overlapping) {
      if (isQueued && isOpen) continue;
      if (!runner.hasTime) {
        remaining.push(id.toHexString());
        continue;
      }
      const run = await runner.resume(id).catch((error: unknown) => log.runFailed(id.toHexString(), error));
      if (run) resumed.push(run);
      isOpen ||= run === undefined || run.state === 'IN_PROGRESS';
    }
  });
  const order = new Map(ready.map(({ id }, index) => [id.toHexString(), index]));
  return { resumed: resumed.toSorted((a, b) => order.get(a.id)! - order.get(b.id)!), remaining };
}

function byOverlap(runs: OpenRun[]): OpenRun[][] {
  const groups = new Map<string, OpenRun[]>();
  for (const run of runs) {
    const key = run.filter['overlap'] ?? run.id.toHexString();
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const createdFirst = (one: OpenRun, other: OpenRun) => one.startedAt.getTime() - other.startedAt.getTime();
  return [...groups.values()].map((group) => group.toSorted(createdFirst));
}
