import type { Findings } from './fault-audit.ts';
import { describeBoundary, type Boundary, type Fault } from './fault-boundary.ts';
import { BRANCHES, Lane, type Delivery, type LaneSetup } from './fault-lane.ts';

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

/** All of a list in the full form; in the bounded one every n-th, others where the offset is another one. */
export function bounded<Item>(items: Item[], every: number, offset: number, { full }: ProofOptions): Item[] {
  return full ? items : items.filter((_, index) => (index + offset) % every === 0);
}

/** With two setups two a core: while one waits for its disk or for a time-out, another one works. */
const LANES_PER_SETUP = 2;

/** A boundary of a run, as a place to disturb it. */
export interface Point {
  n: number;
  boundary: Boundary;
  /** When it is there: at the start of a cold orchestrator, in a symbol's first order, or in every run. */
  when: 'cold' | 'first order' | 'always';
}

/** What is done on the lanes of each setup. */
export interface Plan<Place, Disturbance> {
  setups: LaneSetup[];
  /** Finds where something can be disturbed on these lanes, and makes each ready for it. */
  record(this: void, lanes: Lane[]): Promise<Place[]>;
  /** @param offset the setup's place in the list of setups */
  choose(this: void, places: Place[], offset: number): Disturbance[];
  /** Throws where something is wrong. */
  carryOut(this: void, lane: Lane, disturbance: Disturbance): Promise<void>;
}

/**
 * Carries out every disturbance of a plan, one after the other on each of several lanes. One that throws is a problem,
 * and leaves the others alone.
 */
export async function disturb<Place, Disturbance>({
  setups,
  record,
  choose,
  carryOut,
}: Plan<Place, Disturbance>): Promise<{ points: Place[]; done: Disturbance[]; findings: Findings }> {
  const points: Place[] = [];
  const done: Disturbance[] = [];
  const findings = await Promise.all(
    setups.map((setup, offset) =>
      withLanes(setup, LANES_PER_SETUP, async (lanes) => {
        const recorded = await record(lanes);
        points.push(...recorded);
        await share(choose(recorded, offset), lanes, async (lane, next) => {
          try {
            await carryOut(lane, next);
            done.push(next);
          } catch (error) {
            lane.audit.problems.push((error as Error).message);
            await lane.calmDown();
          }
        });
      }),
    ),
  );
  return { points, done, findings: sum(findings) };
}

/** Disturbs runs, on either branch. */
export function disturbRuns<Disturbance>(
  choose: Plan<Point, Disturbance>['choose'],
  carryOut: Plan<Point, Disturbance>['carryOut'],
): Promise<{ points: Point[]; done: Disturbance[]; findings: Findings }> {
  const record = async (lanes: Lane[]) => (await Promise.all(lanes.map(recordPoints)))[0]!;
  return disturb({ setups: BRANCHES, record, choose, carryOut });
}

/** Each lane takes the next item when it is done with one. */
export async function share<Item>(
  items: Item[],
  lanes: Lane[],
  work: (lane: Lane, item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const workOn = async (lane: Lane) => {
    for (const item of left) await work(lane, item);
  };
  await Promise.all(lanes.map(workOn));
}

/** Starts lanes, lets them do something, and answers what their ledgers hold in the end. */
export async function withLanes(
  setup: LaneSetup,
  count: number,
  work: (lanes: Lane[]) => Promise<void>,
): Promise<Findings> {
  const lanes = await Promise.all(Array.from({ length: count }, () => Lane.start(setup)));
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
  point: Point,
  fault: Fault,
): Promise<{ tick: string; delivery: Delivery }> {
  if (point.when === 'cold') await lane.stopOrchestrator();
  if (point.when === 'first order') await lane.loseBook();
  const tick = lane.nextTick();
  return { tick, delivery: await lane.disturb(point, fault, () => lane.deliver(tick)) };
}

export function sum(all: Findings[]): Findings {
  return {
    ticks: all.reduce((total, { ticks }) => total + ticks, 0),
    lost: all.reduce((total, { lost }) => total + lost, 0),
    doubled: all.reduce((total, { doubled }) => total + doubled, 0),
    problems: all.flatMap(({ problems }) => problems),
  };
}
