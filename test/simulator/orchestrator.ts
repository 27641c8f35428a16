import type { Clock } from '../../orchestrator/durable/clock.ts';
import type { TimeLimit } from '../../orchestrator/durable/suspension.ts';
import type { Fault, Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export type Outcome<T> = { value: T } | { error: Error };

/** What a request of an orchestrator ends with, and how long after it was carried out. */
export interface Reply<T> {
  afterMs: number;
  outcome(this: void): Outcome<T>;
}

/** One process of the orchestrator: its clock, its time, and whether it still lives. */
export class Orchestrator {
  isAlive = true;
  /** The tokens that it has made: a run that one of them holds is its own. */
  readonly tokens = new Set<string>();
  readonly clock: Clock;
  readonly time: TimeLimit;
  readonly startedAt: number;

  constructor(
    readonly name: string,
    readonly world: World,
    readonly random: Random,
    readonly faults: Faults,
    callees: unknown,
    { limitMs, stepMs, skewMs }: { limitMs: number; stepMs: number; skewMs: number },
  ) {
    this.startedAt = world.now;
    const end = world.now + limitMs;
    this.time = { remainingMs: () => end - world.now, stepMs };
    const clock = {
      orchestrator: this,
      callees,
      now: () => world.now + skewMs,
      sleep: (ms: number, signal?: AbortSignal) => this.#sleep(ms, signal),
      turn: () => this.later(0),
      random: () => random.next(),
      token: () => {
        const token = `${name}/${this.tokens.size}`;
        this.tokens.add(token);
        return token;
      },
    };
    this.clock = clock;
  }

  /** Its process ends here: what it awaits never comes. */
  crash(cause: string): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.world.count('crashed');
    this.world.log(this.name, 'crashes:', cause);
  }

  strikes(fault: Fault): boolean {
    return this.faults.strikes(fault, this.random);
  }

  later(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.after(ms, () => this.isAlive && resolve()));
  }

  /** Sends a request that is carried out elsewhere, and waits for the reply. */
  request<T>(afterMs: number, carryOut: () => Reply<T> | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.isAlive) return;
      this.world.after(afterMs, () => {
        const reply = carryOut();
        if (!reply) return;
        this.world.after(reply.afterMs, () => {
          const outcome = reply.outcome();
          if (!this.isAlive) return;
          if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        });
      });
    });
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve());
      // A timer for the end of time never fires.
      if (ms < Number.MAX_SAFE_INTEGER) this.world.after(ms, () => this.isAlive && resolve());
    });
  }
}
