import type { Config } from '../config.ts';
import type { OpenRun } from '../durable/run-store.ts';
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

/** Which runs overlap, and what happens then. */
export interface OverlapPolicy {
  overlap: Config['overlap'];
  /** Runs with the same key overlap while both are open. */
  overlapKeyOf(this: void, filter: Record<string, string>): string | undefined;
}

/** Resumes the runs that are due, oldest first, while there is time. */
export async function resumeOpen(
  open: OpenRun[],
  policy: OverlapPolicy,
  runner: Runner,
  log: FailureLog,
): Promise<{ resumed: Run[]; remaining: string[] }> {
  const queues = policy.overlap === 'queue' ? queuesOf(open, policy) : open.map((run) => [run]);
  const resumed: Run[] = [];
  const remaining: string[] = [];
  const resume = async (id: OpenRun['id']): Promise<boolean> => {
    if (!runner.hasTime) {
      remaining.push(id.toHexString());
      return false;
    }
    const run = await runner.resume(id).catch((error: unknown) => log.runFailed(id.toHexString(), error));
    if (run) resumed.push(run);
    return run !== undefined && run.state !== 'IN_PROGRESS';
  };

  await inParallel(queues.filter(([first]) => first?.isReady).slice(0, RESUME_LIMIT), async (queue) => {
    for (const { id, isReady } of queue) {
      if (!isReady || !(await resume(id))) return;
    }
  });
  const order = new Map(open.map(({ id }, index) => [id.toHexString(), index]));
  return { resumed: resumed.toSorted((a, b) => order.get(a.id)! - order.get(b.id)!), remaining };
}

/** The runs of each overlap key, oldest first: one must end before the next is resumed. */
function queuesOf(open: OpenRun[], { overlapKeyOf }: OverlapPolicy): OpenRun[][] {
  const queues = new Map<string | undefined, OpenRun[]>();
  for (const run of open) {
    const key = overlapKeyOf(run.filter);
    const queue = queues.get(key);
    if (queue) queue.push(run);
    else queues.set(key, [run]);
  }
  return [...queues.values()];
}
