import { RunControl } from '../../orchestrator/durable/run-control.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { silentObserver as silent } from '../../orchestrator/durable/run-observer.ts';
import { backendFor, type Deployment } from './app.ts';
import type { Callees } from './callees.ts';
import type { Faults } from './faults.ts';
import type { Judge } from './judge.ts';
import type { Task } from './judged-run.ts';
import { Orchestrator } from './orchestrator.ts';
import { Random } from './random.ts';
import type { Store } from './store-port.ts';
import type { World } from './world.ts';

/** What a schedule is made of. */
export interface Kit {
  world: World;
  faults: Faults;
  judge: Judge;
  callees: Callees;
  store: Store;
}

/** What an invocation works with. */
export interface Process {
  orchestrator: Orchestrator;
  runner: Runner;
  control: RunControl;
  askedAt: number;
}

/** Starts orchestrators, each a process of its own with its own clock and time. */
export class Invocations {
  deployment: Deployment = 'current';
  readonly #living = new Set<Orchestrator>();
  readonly #seed: string;
  readonly #kit: Kit;
  #count = 0;

  constructor(seed: string, kit: Kit) {
    this.#seed = seed;
    this.#kit = kit;
  }

  /** How many still work. */
  get running(): number {
    for (const orchestrator of this.#living) if (!orchestrator.isAlive) this.#living.delete(orchestrator);
    return this.#living.size;
  }

  /**
   * Does some work in a process of its own.
   *
   * @param onEnd gets whether the work was done; a process that crashed counts as one that failed
   */
  start(
    what: string,
    task: Omit<Task, 'orchestrator'>,
    work: (process: Process) => Promise<void>,
    onEnd: (isDone: boolean) => void = () => undefined,
  ): void {
    const { world, faults, judge, callees, store } = this.#kit;
    const name = `o${this.#count++}`;
    const random = new Random(`${this.#seed} ${name}`);
    const isShort = faults.strikes('killed at its time limit', random, 0.2);
    const limitMs = isShort ? random.whole(100, 8_000) : random.pick([60_000, 300_000, 900_000]);
    const stepMs = isShort ? 100 : random.pick([1_000, 20_000, 30_000]);
    const skewMs = faults.strikes('skewed clock', random, 0.5) ? random.whole(-8_000, 8_000) : 0;
    const orchestrator = new Orchestrator(name, world, random, faults, callees, { limitMs, stepMs, skewMs });
    judge.tasks.set(orchestrator, { ...task, orchestrator });
    this.#living.add(orchestrator);
    if (this.running > 1) world.count('several orchestrators');
    world.log(name, 'begins:', what, `${limitMs} ms`, `skew ${skewMs}`, this.deployment);
    const backend = backendFor(store, orchestrator, this.deployment);
    const runner = new Runner(backend, silent, orchestrator.time, orchestrator.clock);
    const control = new RunControl(backend, orchestrator.clock);
    let hasEnded = false;
    const end = (isDone: boolean, how: string) => {
      if (hasEnded) return;
      hasEnded = true;
      this.#living.delete(orchestrator);
      orchestrator.isAlive = false;
      world.log(name, 'ends:', how);
      onEnd(isDone);
    };
    world.after(limitMs, () => {
      if (orchestrator.isAlive) orchestrator.crash('its time is up');
      end(false, 'crashed');
    });
    work({ orchestrator, runner, control, askedAt: world.now }).then(
      () => end(true, 'done'),
      (error: unknown) => {
        if (!isExpected(error))
          judge.holds(() => {
            throw error;
          });
        end(false, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      },
    );
  }
}

/** What a caller of the orchestrator may get: the store was away, the time was up, the ref that a person named is unknown. */
function isExpected(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ['MongoNetworkError', 'UnfinishedTickError', 'RangeError'].includes(error.name) ||
    /vanished from the store/.test(error.message)
  );
}
