import { ActionState } from '@wbce/orbits-core';
import type { RunDocument } from '../../orchestrator/durable/run-document.ts';
import { ORBITS_LOCK_MS } from '../../orchestrator/durable/run-fields.ts';
import { expiries, type Expiry } from './app.ts';
import { Callees } from './callees.ts';
import { Faults, type Fault } from './faults.ts';
import { Invocations } from './invocations.ts';
import { Judge } from './judge.ts';
import { MemoryStore } from './memory-store.ts';
import type { Orchestrator } from './orchestrator.ts';
import { Persons } from './persons.ts';
import { ProgramDrawer } from './programs.ts';
import { Random } from './random.ts';
import { Ticks } from './ticks.ts';
import { programs } from './workflow.ts';
import { World } from './world.ts';

export interface Course {
  events: number;
  digest: string;
  counts: ReadonlyMap<string, number>;
  violation: Error | undefined;
  /** What happened, in order, where it was asked for. */
  lines: string[];
}

export interface Options {
  /** Faults that do not occur, and how many happenings there are at most. */
  omitted?: ReadonlySet<Fault>;
  happenings?: number;
  isRecorded?: boolean;
}

export const MOST_HAPPENINGS = 8;

/** The time goes on for as many passes at most, after the faults. */
const LAST_ROUNDS = 300;

/** One drawn course of events: it follows from the seed alone. */
export class Schedule {
  readonly #world: World;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #judge: Judge;
  readonly #store: MemoryStore<Orchestrator | undefined>;
  readonly #invocations: Invocations;
  readonly #ticks: Ticks;
  readonly #persons: Persons;
  readonly #happenings: number;
  readonly #historyDays: number;
  #expiries: Expiry[] = [];

  constructor(
    seed: string,
    { omitted = new Set(), happenings = Infinity, isRecorded = false }: Options = {},
  ) {
    const world = (this.#world = new World(isRecorded));
    const random = (this.#random = new Random(`${seed} happenings`));
    this.#faults = new Faults(new Random(`${seed} faults`), omitted, (fault) => world.count(fault));
    this.#historyDays = random.pick([1, 5, 30]);
    const judge = (this.#judge = new Judge(world, this.#historyDays * 86_400_000));
    this.#store = new MemoryStore((change) => judge.committed(change));
    const callees = (judge.callees = new Callees((request, by) => judge.requested(request, by)));
    const kit = { world, faults: this.#faults, judge, callees, store: this.#store };
    this.#invocations = new Invocations(seed, kit);
    this.#ticks = new Ticks(new Random(`${seed} ticks`), this.#invocations, kit);
    this.#persons = new Persons(new Random(`${seed} persons`), this.#invocations, kit);
    this.#happenings = Math.min(happenings, random.pick([1, 2, 3, 4, 6, MOST_HAPPENINGS]));
    programs.clear();
    for (const [index, name] of ['p0', 'p1', 'p2'].entries()) {
      const drawer = new ProgramDrawer(new Random(`${seed} program ${index}`), (kind) =>
        world.count(`part: ${kind}`),
      );
      programs.set(name, drawer.draw());
    }
    world.log('programs', JSON.stringify([...programs]));
  }

  async play(): Promise<Course> {
    const world = this.#world;
    this.#expiries = await expiries(this.#historyDays);
    this.#ticks.next();
    for (let happening = 0; happening < this.#happenings && !this.#isOver; happening++) {
      await world.until(world.now + this.#gap());
      this.#happen();
    }
    if (!this.#isOver) await this.#calm();
    if (!this.#isOver) this.#judge.finally(this.#ticks.promised);
    const { events, counts, lines } = world;
    return { events, digest: world.digest(), counts, violation: this.#judge.violation, lines };
  }

  get #isOver(): boolean {
    return this.#judge.violation !== undefined;
  }

  #gap(): number {
    const random = this.#random;
    switch (random.weighted({ at: 4, soon: 3, later: 2, due: 4, days: 0.5 })) {
      case 'at':
        return random.whole(0, 80);
      case 'soon':
        return random.whole(100, 30_000);
      case 'later':
        return random.whole(30_000, 3_600_000);
      case 'due': {
        const due = this.#nextDue();
        return (due === Infinity ? 0 : Math.max(0, due - this.#world.now)) + random.whole(0, 50);
      }
      default:
        return random.whole(1, 3 * 86_400_000);
    }
  }

  #happen(): void {
    const random = this.#random;
    const kind = random.weighted({
      ...{ tick: 2, again: 1, resume: 4, signal: 3, cancel: 1.2, retry: 1.5, run: 0.7 },
      ...{ sweep: 0.5, failover: 0.7, deployment: 0.8 },
    });
    this.#world.log('happens:', kind);
    switch (kind) {
      case 'tick':
        return this.#ticks.next();
      case 'again':
        return this.#ticks.again();
      case 'resume':
        return this.#ticks.resume();
      case 'signal':
        return this.#persons.signal();
      case 'cancel':
        return this.#persons.cancel();
      case 'retry':
        return this.#persons.retry();
      case 'run':
        return this.#ticks.run();
      case 'sweep':
        return this.#sweep();
      case 'failover':
        return this.#failOver();
      case 'deployment':
        return this.#deploy();
    }
  }

  #sweep(): void {
    for (const { collection, field, afterSeconds } of this.#expiries) {
      const before = new Date(this.#world.now - afterSeconds * 1_000);
      this.#store.remove(collection, { [field]: { $lt: before } }, undefined);
    }
    this.#store.commit(this.#store.changes);
    this.#world.count('TTL sweep');
  }

  #failOver(): void {
    if (!this.#faults.strikes('store fails over', this.#random, 1)) return;
    this.#world.log('the store fails over;', this.#store.failOver(), 'writes are lost');
  }

  #deploy(): void {
    const isBack = this.#invocations.deployment !== 'current';
    if (isBack) this.#invocations.deployment = 'current';
    else if (this.#faults.strikes('version unknown', this.#random, 1))
      this.#invocations.deployment = 'earlier';
    else if (this.#faults.strikes('workflow unregistered', this.#random, 1)) {
      this.#invocations.deployment = 'without';
    }
    this.#world.log('deployed:', this.#invocations.deployment);
  }

  /** No more faults: what is due is resumed, until each run has ended. */
  async #calm(): Promise<void> {
    const world = this.#world;
    this.#faults.isOver = true;
    // The operator's own faults may last longer.
    const repairedAt = this.#random.pick([0, 0, 15]);
    world.log('calm');
    for (let round = 0; round < LAST_ROUNDS && !this.#isOver; round++) {
      if (round === repairedAt) this.#invocations.deployment = 'current';
      await world.while(() => this.#invocations.running > 0 && !this.#isOver);
      await this.#ticks.redelivered();
      // A late command may still arrive.
      if (this.#nextDue() === Infinity) await world.until(world.now + 60_000);
      const due = this.#nextDue();
      if ((due === Infinity && round > repairedAt) || this.#isOver) break;
      if (due === Infinity) continue;
      await world.until(Math.max(world.now + 60_000, due + 100));
      this.#ticks.resume();
    }
    await world.until(world.now + 120_000);
    this.#sweep();
  }

  /** When the first open run can go on. */
  #nextDue(): number {
    const open = (this.#store.committed('actions') as unknown as RunDocument[]).filter(
      ({ state }) => state < ActionState.SUCCESS,
    );
    // What waits for an earlier run is always due.
    const isQueued = ({ bag }: RunDocument) => bag.waits?.[0]?.ref === 'queue';
    const others = open.filter((run) => !isQueued(run));
    const dues = (others.length > 0 ? others : open).map(({ cronActivity }) => {
      const { pending, lastActivity, nextActivity } = cronActivity;
      const leaseEnd = pending ? (lastActivity?.getTime() ?? 0) + ORBITS_LOCK_MS : 0;
      return Math.max(nextActivity.getTime(), leaseEnd);
    });
    return Math.min(Infinity, ...dues);
  }
}
