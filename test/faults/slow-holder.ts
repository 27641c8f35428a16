import { describeBoundary } from '../support/fault-boundary.ts';
import type { Lane } from '../support/fault-lane.ts';
import { bounded, disturbRuns, type Point, type Proof } from '../support/fault-proof.ts';

/** Stops an orchestrator past its lease at every boundary of a run, has another one finish, and lets the first go on. */
export const slowHolder: Proof = async (options) => {
  const plan = (points: Point[], offset: number) => {
    const ofRun = points.filter(({ when }) => when === 'always');
    return bounded(ofRun, 2, offset, options);
  };
  const { done, findings } = await disturbRuns(plan, stopAt);
  const boundaries = new Set(done.map(({ n }) => n)).size;
  const line = `${done.length} holders stopped past their lease at ${boundaries} boundaries, overtaken and continued`;
  return { ...findings, count: done.length, line };
};

async function stopAt(lane: Lane, { n, boundary }: Point): Promise<void> {
  // Of the processes that wait, the one that ended last is taken first: that is the first one, each time.
  const [pid] = lane.orchestratorPids;
  const { reached, release } = lane.holdAt(n, () => process.kill(pid!, 'SIGSTOP'));
  const tick = lane.nextTick();
  const slow = lane.deliver(tick);
  const held = await Promise.race([reached, slow.then(() => undefined)]);
  if (!held) throw new Error(`the run did not come by boundary ${n}, ${describeBoundary(boundary)}`);

  let before: string;
  try {
    await lane.recoverWell(tick);
    before = await lane.audit.snapshot();
  } finally {
    process.kill(pid!, 'SIGCONT');
    release();
    await slow;
    await lane.calmDown();
  }
  if ((await lane.audit.snapshot()) !== before)
    throw new Error(`stopped at ${describeBoundary(boundary)}, it wrote after another one had finished`);
}
