import type { Findings } from './fault-audit.ts';
import { describeBoundary, type Boundary, type Fault } from './fault-boundary.ts';
import { BRANCHES, Lane, type Branch, type Delivery } from './fault-lane.ts';

export interface ProofOptions {
  /** Everything there is, where the bounded form takes a part. */
  full: boolean;
  /** Of what is random. */
  seed: number;
}

/** The result of a proof. Each number is counted from what happened. */
export interface Verdict extends Findings {
  /** What was tried, in one line. */
  line: string;
  /** How often. */
  count: number;
}

export type Proof = (options: ProofOptions) => Promise<Verdict>;

/** All of a list in the full form; in the bounded one every n-th, others on the one branch than on the other. */
export function bounded<Item>(items: Item[], every: number, branch: Branch, { full }: ProofOptions): Item[] {
  return full ? items : items.filter((_, index) => (index + BRANCHES.indexOf(branch)) % every === 0);
}

/** With both branches two a core: while one waits for its disk or for a time-out, another one works. */
const LANES_PER_BRANCH = 2;

/** A boundary of a run, as a place to disturb it. */
export interface Point {
  n: number;
  boundary: Boundary;
  /** When it is there: at the start of a cold orchestrator, in a symbol's first order, or in every run. */
  when: 'cold' | 'first order' | 'always';
}

/**
 * Records the boundaries of a run on either branch, and has every disturbance of the plan carried out, one after the
 * other on each of several lanes. One that throws is a problem, and leaves the others alone.
 */
export async function disturbRuns<Disturbance>(
  plan: (points: Point[], branch: Branch) => Disturbance[],
  carryOut: (lane: Lane, disturbance: Disturbance) => Promise<void>,
): Promise<{ points: Point[]; done: Disturbance[]; findings: Findings }> {
  const points: Point[] = [];
  const done: Disturbance[] = [];
  const findings = await Promise.all(
    BRANCHES.map((branch) =>
      withLanes(branch, LANES_PER_BRANCH, async (lanes) => {
        const [recorded] = await Promise.all(lanes.map(recordPoints));
        points.push(...recorded!);
        const left = plan(recorded!, branch);
        const work = async (lane: Lane) => {
          for (let next = left.shift(); next !== undefined; next = left.shift()) {
            try {
              await carryOut(lane, next);
              done.push(next);
            } catch (error) {
              lane.audit.problems.push((error as Error).message);
              await lane.calmDown();
            }
          }
        };
        await Promise.all(lanes.map(work));
      }),
    ),
  );
  return { points, done, findings: sum(findings) };
}

/** Starts lanes, lets them do something, and answers what their ledgers hold in the end. */
export async function withLanes(
  branch: Branch,
  count: number,
  work: (lanes: Lane[]) => Promise<void>,
): Promise<Findings> {
  const lanes = await Promise.all(Array.from({ length: count }, () => Lane.start(branch)));
  try {
    await work(lanes);
    return sum(await Promise.all(lanes.map(({ audit }) => audit.findings())));
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}

async function recordPoints(lane: Lane): Promise<Point[]> {
  await lane.recordBoundaries();
  const warm = await lane.recordBoundaries();
  await lane.stopOrchestrator();
  const cold = await lane.recordBoundaries();
  await lane.loseBook();
  const firstOrder = await lane.recordBoundaries();
  return [
    ...inserted(cold, warm).map((point) => ({ ...point, when: 'cold' as const })),
    ...warm.map((boundary, n) => ({ n, boundary, when: 'always' as const })),
    ...inserted(firstOrder, warm).map((point) => ({ ...point, when: 'first order' as const })),
  ];
}

/** What a longer run has in one place beyond the boundaries of every run. */
function inserted(longer: Boundary[], usual: Boundary[]): Omit<Point, 'when'>[] {
  const count = longer.length - usual.length;
  // Where there are several ways to see it, the last one: a command of a name that follows is of what was put in.
  for (let at = usual.length; count > 0 && at >= 0; at--) {
    const rest = longer.toSpliced(at, count);
    if (names(rest) === names(usual))
      return longer.slice(at, at + count).map((boundary, index) => ({ n: at + index, boundary }));
  }
  throw new Error(`a run differs in more than one place: ${names(longer)} against ${names(usual)}`);
}

const names = (boundaries: Boundary[]) => boundaries.map(describeBoundary).join(', ');

/** Delivers a new tick with a fault at a point; throws if the run does not come by there. */
export async function disturbAt(
  lane: Lane,
  { n, boundary, when }: Point,
  fault: Fault,
): Promise<{ tick: string; delivery: Delivery }> {
  if (when === 'cold') await lane.stopOrchestrator();
  if (when === 'first order') await lane.loseBook();
  const tick = lane.nextTick();
  const { delivery, reached } = await lane.disturb(tick, n, fault);
  if (!reached || describeBoundary(reached) !== describeBoundary(boundary)) {
    const place = reached ? describeBoundary(reached) : 'no boundary';
    throw new Error(`the fault for ${describeBoundary(boundary)} (boundary ${n}) happened at ${place}`);
  }
  return { tick, delivery };
}

export function sum(all: Findings[]): Findings {
  return {
    ticks: all.reduce((total, { ticks }) => total + ticks, 0),
    lost: all.reduce((total, { lost }) => total + lost, 0),
    doubled: all.reduce((total, { doubled }) => total + doubled, 0),
    problems: all.flatMap(({ problems }) => problems),
  };
}
