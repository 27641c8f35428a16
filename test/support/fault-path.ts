import { describeRun, endingsOf, type Ending } from './fault-audit.ts';
import { describeBoundary, type Boundary } from './fault-boundary.ts';
import type { Lane, LaneSetup } from './fault-lane.ts';
import { Scene } from './fault-scene.ts';
import type { Step } from './fault-steps.ts';

/** A way of a run that is not the ordinary one. One event of it is disturbed. */
export interface Path {
  name: string;
  setup: LaneSetup;
  /** Leads to the event. The last tick is the one whose run is disturbed; each other one ends in a trade. */
  prepare: Step[];
  /** Sends the event. */
  act: Step;
  /** What it is answered when nothing disturbs it. */
  answer: string;
  /** What an operator does about it, whether it was disturbed or not. The leases end before each step. */
  recover: Step[];
  /** How the run may end. */
  endings: Ending[];
}

/** A boundary of a path's event. */
export interface PathPoint {
  path: Path;
  n: number;
  boundary: Boundary;
}

export async function recordPath(lane: Lane, path: Path): Promise<PathPoint[]> {
  const scene = await prepared(lane, path);
  const { boundaries } = await lane.boundariesOf(async () => path.act(scene));
  if (scene.answer !== path.answer)
    throw new Error(`${path.name}: "${path.answer}" expected, and not the answer "${scene.answer}"`);
  await recover(scene, path);
  return boundaries.map((boundary, n) => ({ path, n, boundary }));
}

export async function killInPath(lane: Lane, point: PathPoint): Promise<void> {
  const { path, boundary, n } = point;
  try {
    const scene = await prepared(lane, path);
    await lane.disturb(point, lane.kill, async () => path.act(scene));
    if (!scene.answer.startsWith('Runtime.ExitError'))
      throw new Error(`the orchestrator that was killed answered "${scene.answer}"`);
    await recover(scene, path);
  } catch (error) {
    const where = `${path.name}, killed at boundary ${n}, ${describeBoundary(boundary)}`;
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

async function prepared(lane: Lane, { prepare, endings }: Path): Promise<Scene> {
  const scene = new Scene(lane);
  for (const step of prepare) await step(scene);
  lane.audit.expect(scene.tick, ...endings);
  return scene;
}

/** Throws unless each run has ended, as it may, and as was answered. */
async function recover(scene: Scene, { recover, endings }: Path): Promise<void> {
  const { lane, tick, ticks } = scene;
  for (const step of recover) {
    lane.passLeases();
    await step(scene);
  }
  const problems = await scene.contradictions();
  for (const each of ticks) {
    const [run] = await lane.audit.runsOf(each);
    const may: Ending[] = each === tick ? endings : ['trade'];
    if (!run || !endingsOf(run).some((ending) => may.includes(ending)))
      problems.push(`it was to end in a ${may.join(' or ')}, but ${describeRun(run)}`);
  }
  if (problems.length === 0) return;
  const said = scene.said.map(({ command, text }) => `${command} "${text}"`).join(', ');
  throw new Error(`${problems.join('; ')}; the answers were ${said}`);
}
