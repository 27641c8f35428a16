import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CommandEvent } from '../../infra/local/mongodb/server.ts';
import type { Clock } from '../../orchestrator/durable/clock.ts';

/** So many turns of the event loop without a command to the store, and all that runs waits for time to pass. */
const QUIET_TURNS = 40;

/**
 * Time that passes when all there is to do is to wait for it, so that no test depends on how fast its machine is.
 * The store has to report its commands: give it `onCommand`.
 */
export class VirtualClock implements Clock {
  #now: number;
  #timers: { at: number; fire: () => void }[] = [];
  #isPumping = false;
  #underWay = 0;
  #commands = 0;

  constructor(now = new Date('2026-01-05T14:30:00Z')) {
    this.#now = now.getTime();
  }

  readonly onCommand = ({ phase }: CommandEvent): void => {
    this.#underWay += phase === 'received' ? 1 : -1;
    this.#commands++;
  };

  readonly now = (): number => this.#now;
  readonly turn = (): Promise<void> => nextTurn();
  readonly random = (): number => 0.5;
  readonly token = (): string => randomUUID();

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = { at: this.#now + ms, fire: resolve };
      this.#timers.push(timer);
      const abort = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      void this.#pump();
    });
  };

  /** Lets time pass at once. */
  advance(ms: number): void {
    this.#now += ms;
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#timers.length > 0) {
      await this.#quiet();
      const next = this.#timers.reduce<{ at: number; fire: () => void } | undefined>(
        (first, timer) => (first && first.at <= timer.at ? first : timer),
        undefined,
      );
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#isPumping = false;
  }

  async #quiet(): Promise<void> {
    let seen = this.#commands;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await nextTurn();
      if (this.#underWay === 0 && this.#commands === seen) continue;
      seen = this.#commands;
      quiet = 0;
    }
  }
}
