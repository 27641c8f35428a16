import { killInPath, recordPath, type Path, type PathPoint } from '../support/fault-path.ts';
import type { Lane } from '../support/fault-lane.ts';
import { bounded, disturb, share, type Proof, type ProofOptions } from '../support/fault-proof.ts';
import { APPROVAL_PATHS } from './paths/approval.ts';
import { BLOCKED_PATHS } from './paths/blocked.ts';
import { CANCEL_PATHS } from './paths/cancel.ts';
import { RETRY_PATHS } from './paths/retry.ts';
import { APPROVING, SKIPPING } from './paths/setups.ts';
import { TICK_PATHS } from './paths/ticks.ts';

const PATHS = [...TICK_PATHS, ...APPROVAL_PATHS, ...CANCEL_PATHS, ...RETRY_PATHS, ...BLOCKED_PATHS];

/** In the bounded form, one in so many. An odd number takes both kinds of boundary: received, and answered. */
const EVERY = 11;

/** Kills the orchestrator at every boundary of an event that is not an ordinary tick, one by one. */
export const crashPaths: Proof = async (options) => {
  const { done, findings } = await disturb({
    setups: [SKIPPING, APPROVING],
    record,
    choose: (points) => PATHS.flatMap((path, index) => ofPath(points, path, index, options)),
    carryOut: killInPath,
  });
  const kills = (path: Path) => done.filter((point) => point.path === path).length;
  const each = PATHS.map((path) => `${path.name} ${kills(path)}`).join('; ');
  return { ...findings, count: done.length, line: `${done.length} kills on ${PATHS.length} paths (${each})` };
};

/** In the bounded form at least one, and not the same ones as of the path before it. */
function ofPath(points: PathPoint[], path: Path, index: number, options: ProofOptions): PathPoint[] {
  const own = points.filter((point) => point.path === path);
  return bounded(own, Math.min(EVERY, own.length), index, options);
}

async function record(lanes: Lane[]): Promise<PathPoint[]> {
  const paths = PATHS.filter(({ setup }) => setup === lanes[0]!.setup);
  // The first order of a symbol has boundaries of its own; the crash matrix has them.
  const trading = paths.find(({ answer }) => answer.endsWith('traded'))!;
  await Promise.all(lanes.map((lane) => recordPath(lane, trading)));
  const points = new Map<Path, PathPoint[]>();
  await share(paths, lanes, async (lane, path) => {
    points.set(path, await recordPath(lane, path));
  });
  return paths.flatMap((path) => points.get(path)!);
}
