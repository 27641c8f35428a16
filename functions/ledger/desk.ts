import type { Market } from '../market/market.ts';
import type { Books } from './books.ts';
import type { Limits } from './limits.ts';

/** What an order is worked on with. A simulation gives other parts than a function does. */
export interface Desk {
  books: Books;
  market: Market;
  limits: Limits;
  clock: Clock;
  /** Names one attempt at an order; another attempt has another name. */
  newAttempt(): string;
}

export interface Clock {
  now(): Date;
  sleep(ms: number): Promise<void>;
  /** From 0 to 1, so that two attempts do not go on at the same moment. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};
