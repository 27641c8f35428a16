import fc from 'fast-check';
import type { Fault } from '../support/fault-boundary.ts';
import { FUNCTION_FAULTS } from '../support/fault-functions.ts';
import { BRANCHES, type Lane } from '../support/fault-lane.ts';
import { sum, withLanes, type Proof } from '../support/fault-proof.ts';
import { STORE_FAULTS, type NamedFault } from '../support/fault-store.ts';

const SCHEDULES = { bounded: 12, full: 1000 };
const LANES_PER_BRANCH = 2;
const OUTAGE_SECONDS = 5;

/** What can happen at a boundary; where it has a kind or a phase, only at such a boundary. */
type Event = Pick<NamedFault, 'name' | 'verdict'> & Partial<NamedFault>;

/** A delivery and its events: each happens at the first boundary that fits, from the boundary `from` on. */
interface Step {
  /** A tick that was delivered before, by its index; a new one if there is no such tick. */
  again: number;
  events: { from: number; event: Event }[];
  /** What passes after it. */
  pauseSeconds: number;
}

/** The deliveries of one step, for events that deliver its tick again. */
interface Scene {
  tick: string;
  others: Promise<unknown>[];
}

const eventsOf = (scene: () => Scene): Event[] => [
  {
    name: 'killed',
    verdict: (lane, boundary) => lane.kill(boundary),
  },
  {
    name: 'held until another one has passed it',
    verdict: async (lane) => {
      lane.passLeases();
      await lane.deliver(scene().tick);
    },
  },
  {
    name: 'delivered a second time',
    verdict: (lane) => void scene().others.push(lane.deliver(scene().tick)),
  },
  {
    name: 'store away',
    verdict: (lane) => {
      lane.parts.storeProxy.breakDown(() => lane.parts.clock.advance(OUTAGE_SECONDS));
      return 'lost';
    },
  },
  ...STORE_FAULTS,
  ...FUNCTION_FAULTS.filter(({ isFinal }) => !isFinal),
];

/** Composes faults: any number of deliveries, each with several events at any of its boundaries. */
export const random: Proof = async ({ full, seed }) => {
  const lanes = LANES_PER_BRANCH * BRANCHES.length;
  const numRuns = (full ? SCHEDULES.full : SCHEDULES.bounded) / lanes;
  let schedules = 0;
  let happened = 0;
  const findings = await Promise.all(
    BRANCHES.map((setup, half) =>
      withLanes(setup, LANES_PER_BRANCH, async (own) => {
        const searches = own.map(async (lane, index) => {
          const player = new Player(lane);
          // What a schedule that fails leaves behind would disturb the search for a smaller one.
          const parameters = { seed: seed + half * LANES_PER_BRANCH + index, numRuns, endOnFailure: true };
          const details = await fc.check(
            fc.asyncProperty(player.schedules, (schedule) => player.play(schedule)),
            parameters,
          );
          schedules += details.numRuns;
          happened += player.happened;
          if (details.failed)
            lane.audit.problems.push(`${fc.defaultReportMessage(details)}: ${String(details.errorInstance)}`);
        });
        await Promise.all(searches);
      }),
    ),
  );
  const line = `${schedules} schedules with ${happened} faults (--seed ${seed})`;
  return { ...sum(findings), count: schedules, line };
};

/** Plays schedules on a lane, one after the other. */
class Player {
  happened = 0;
  #scene: Scene = { tick: '', others: [] };
  readonly schedules: fc.Arbitrary<Step[]>;

  constructor(readonly lane: Lane) {
    const event = fc.constantFrom(...eventsOf(() => this.#scene).map(named));
    const step = fc.record({
      again: fc.nat({ max: 3 }),
      events: fc.array(fc.record({ from: fc.nat({ max: 19 }), event }), { maxLength: 3 }),
      pauseSeconds: fc.constantFrom(0, 1, 61),
    });
    this.schedules = fc.array(step, { minLength: 1, maxLength: 4 });
  }

  async play(schedule: Step[]): Promise<void> {
    const ticks: string[] = [];
    for (const { again, events, pauseSeconds } of schedule) {
      const tick = ticks[again] ?? this.lane.nextTick();
      if (!ticks.includes(tick)) ticks.push(tick);
      await this.#deliver(tick, events);
      this.lane.parts.clock.advance(pauseSeconds);
    }
    for (const tick of ticks) await this.lane.recoverWell(tick);
  }

  async #deliver(tick: string, events: Step['events']): Promise<void> {
    const scene = (this.#scene = { tick, others: [] as Promise<unknown>[] });
    const due = [...events];
    let passed = 0;
    const fault: Fault = (boundary) => {
      const n = passed++;
      const next = due.findIndex(
        ({ from, event: { kind = boundary.kind, phase = boundary.phase } }) =>
          n >= from && kind === boundary.kind && phase === boundary.phase,
      );
      if (next === -1) return undefined;
      this.happened++;
      return due.splice(next, 1)[0]!.event.verdict(this.lane, boundary);
    };
    this.lane.fault = fault;
    await this.lane.deliver(tick);
    while (scene.others.length > 0) await scene.others.pop();
    this.lane.parts.storeProxy.recover();
    await this.lane.calmDown();
  }
}

/** As a failing schedule is shown. */
const named = (event: Event): Event & fc.WithToStringMethod => ({
  ...event,
  [fc.toStringMethod]: () => event.name,
});
