import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Time and chance, as this layer sees them. A simulation gives its own. */
export interface Clock {
  now(): number;
  /** Waits, for any time at all. With a signal it is a limit on something else, and ends early when that is done. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets everything run that can run now. */
  turn(): Promise<void>;
  /** From 0 up to but not including 1. */
  random(): number;
  /** A token that nothing else has. */
  token(): string;
}

/** A timer of Node's that is longer than this fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    for (let left = ms; left > 0 && !signal?.aborted; left -= LONGEST_TIMER_MS) {
      const part = Math.min(left, LONGEST_TIMER_MS);
      await (signal ? limit(part, signal) : pause(part));
    }
  },
  turn: () => nextTurn(),
  random: () => Math.random(),
  token: () => randomUUID(),
};

/** Not the same timer as that of a pause: the fault proofs put their clock forward instead of pausing. */
function limit(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
