import type { Config } from '../../orchestrator/config.ts';
import { resumeOpen } from '../../orchestrator/tick/resume-open.ts';
import { runTick, type Start } from '../../orchestrator/tick/run-tick.ts';
import { personTrigger, scheduleTrigger, type Trigger } from '../../orchestrator/tick/trigger.ts';
import type { Invocations, Kit, Process } from './invocations.ts';
import type { Random } from './random.ts';
import { SimulatedWorkflow } from './workflow.ts';

const MAX_TICK_AGE_MINUTES = 10;

/** A delivery that failed is made again so often. */
const REDELIVERIES = 2;

interface FiredTick {
  name: string;
  scheduledTime: string;
}

const log = { runFailed: () => undefined };

/** Schedules and persons that start runs, and the ticks that resume them. */
export class Ticks {
  /** Runs that a tick has reported. */
  readonly promised = new Set<string>();
  readonly #random: Random;
  readonly #invocations: Invocations;
  readonly #kit: Kit;
  readonly #fired: FiredTick[] = [];
  readonly #symbols: string[];
  readonly #overlap: Config['overlap'];
  #awaited = 0;
  #personal = 0;

  constructor(random: Random, invocations: Invocations, kit: Kit) {
    this.#random = random;
    this.#invocations = invocations;
    this.#kit = kit;
    this.#symbols = ['A', 'B'].slice(0, random.pick([1, 1, 1, 2]));
    this.#overlap = random.pick(['skip', 'queue', 'allow'] as const);
  }

  next(): void {
    const { world, faults } = this.#kit;
    const tick = { name: `t${this.#fired.length}`, scheduledTime: new Date(world.now).toISOString() };
    this.#fired.push(tick);
    world.count('tick fired');
    const isLate = faults.strikes('tick late', this.#random, 0.3);
    const isOvertaken = faults.strikes('tick out of order', this.#random, 0.3);
    const delayMs = isLate
      ? this.#random.whole(5, 30) * 60_000
      : isOvertaken
        ? this.#random.whole(1, 120) * 1_000
        : 0;
    this.#deliverLater(tick, delayMs);
    if (faults.strikes('tick doubled', this.#random, 0.4)) {
      this.#deliverLater(tick, delayMs + this.#random.pick([0, 5, 20, 1_000]));
    }
  }

  again(): void {
    this.#kit.world.count('redelivered');
    this.#deliver(this.#random.pick(this.#fired), 0);
  }

  /** An invocation that resumes what is due. */
  resume(): void {
    this.#kit.world.count('resume');
    this.#invocations.start('resume', {}, async ({ runner, askedAt, orchestrator }) => {
      const open = await runner.findOpen([], 10_000);
      const { resumed } = await resumeOpen(open, runner, log);
      if (orchestrator.isAlive) this.#kit.judge.reported(resumed, askedAt);
    });
  }

  /** A person starts a run. */
  run(): void {
    const name = `person${this.#personal++}`;
    this.#kit.world.count('run by a person');
    this.#invocations.start(`run ${name}`, {}, (process) => {
      return this.#carryOut(name, personTrigger(name, new Date(process.orchestrator.clock.now())), process);
    });
  }

  /** Waits until no delivery is awaited any more. */
  redelivered(): Promise<void> {
    const { world, judge } = this.#kit;
    return world.while(() => this.#awaited > 0 && judge.violation === undefined);
  }

  #deliverLater(tick: FiredTick, ms: number): void {
    this.#awaited++;
    this.#kit.world.after(ms, () => {
      this.#awaited--;
      this.#deliver(tick, REDELIVERIES);
    });
  }

  #deliver(tick: FiredTick, redeliveries: number): void {
    const task = { isSkipped: false };
    this.#awaited++;
    const onEnd = (isDone: boolean) => {
      this.#awaited--;
      if (isDone || redeliveries === 0) return;
      this.#awaited++;
      this.#kit.world.after(60_000, () => {
        this.#awaited--;
        this.#deliver(tick, redeliveries - 1);
      });
    };
    const work = (process: Process) => {
      const settings = { overlap: this.#overlap, maxTickAgeMinutes: MAX_TICK_AGE_MINUTES } as Config;
      const trigger = scheduleTrigger(tick, settings, new Date(process.orchestrator.clock.now()));
      const { skip } = trigger;
      this.#kit.judge.tasks.get(process.orchestrator)!.isSkipped = skip !== undefined;
      return this.#carryOut(tick.name, trigger, process);
    };
    this.#invocations.start(`tick ${tick.name}`, task, work, onEnd);
  }

  async #carryOut(name: string, trigger: Trigger, { runner, orchestrator, askedAt }: Process): Promise<void> {
    const starts = this.#symbols.map((symbol): Start => {
      const workflow = new SimulatedWorkflow().setArgument({
        program: `p${(name.length + symbol.charCodeAt(0)) % 3}`,
      });
      return { workflow, key: `${name}/${symbol}`, filter: { overlap: symbol, tick: name } };
    });
    const { runs } = await runTick({ ...trigger, starts, isOurs: () => true }, runner, log);
    if (!orchestrator.isAlive) return;
    this.#kit.judge.reported(runs, askedAt);
    for (const { key } of starts) this.promised.add(key);
  }
}
