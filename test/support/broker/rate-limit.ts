import type { Account, Instant } from './types.ts';

const WINDOW_MS = 60_000;

/**
 * So many requests a minute of one account, counted for each of the two APIs
 * (https://alpaca.markets/support/usage-limit-api-calls, https://docs.alpaca.markets/docs/about-market-data-api).
 * All answers say how many are left, and when, in seconds since 1970, the count starts again.
 */
export class RateLimit {
  readonly #limit: number;
  readonly #counts = new Map<string, { window: number; count: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  take({ options: { accountNumber } }: Account, path: string, now: Instant) {
    const api = path.startsWith('/v2/stocks') || path.startsWith('/v1/') ? 'data' : 'trading';
    const key = `${accountNumber} ${api}`;
    const window = Math.floor(now / WINDOW_MS);
    const before = this.#counts.get(key);
    const count = before?.window === window ? before.count + 1 : 1;
    this.#counts.set(key, { window, count });
    return {
      limit: this.#limit,
      remaining: Math.max(0, this.#limit - count),
      reset: ((window + 1) * WINDOW_MS) / 1_000,
      isOver: count > this.#limit,
    };
  }
}
