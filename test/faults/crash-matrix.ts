import { describeBoundary } from '../support/fault-boundary.ts';
import type { Lane } from '../support/fault-lane.ts';
import { disturbAt, disturbRuns, type Point, type Proof } from '../support/fault-proof.ts';

/** Kills the orchestrator at every boundary of a run, one by one, on both branches; a cold start's are among them. */
export const crashMatrix: Proof = async () => {
  const { points, done, findings } = await disturbRuns((all) => [...all], killAt);
  const line = `${done.length} kills at ${points.length} boundaries of runs that buy and that sell`;
  return { ...findings, count: done.length, line };
};

async function killAt(lane: Lane, point: Point): Promise<void> {
  const { tick, delivery } = await disturbAt(lane, point, lane.kill);
  if (delivery.error?.errorType !== 'Runtime.ExitError')
    throw new Error(`killed at ${describeBoundary(point.boundary)}, it answered ${JSON.stringify(delivery)}`);
  await lane.recoverWell(tick);
}
