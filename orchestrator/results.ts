import * as z from 'zod';
import type { Run } from './durable/run.ts';
import type { Notice, Notifier } from './notifier.ts';

const trade = z.object({
  id: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.number(),
  symbol: z.string(),
  price: z.string(),
  timestamp: z.string(),
});
const rejected = z.object({ rejected: z.string() });
const refused = z.object({ refused: z.string() });

/**
 * Tells what became of runs: a trade made, rejected or refused, a failure. Not of runs that had nothing to do.
 *
 * A message is sent after the end of its run is on record, at most once: if the process dies in between, nobody is told.
 * The record is what counts, and the alarm on failed runs does not depend on this.
 */
export class Results {
  readonly #notifier: Notifier | undefined;
  readonly #onFailure: (run: string, error: unknown) => void;
  #pending: Promise<void>[] = [];

  constructor(notifier: Notifier | undefined, onFailure: (run: string, error: unknown) => void) {
    this.#notifier = notifier;
    this.#onFailure = onFailure;
  }

  runEnded(run: Run): void {
    const notice = this.#notifier && noticeOf(run);
    if (!notice) return;
    const sent = this.#notifier.publish(notice);
    this.#pending.push(sent.catch((error: unknown) => this.#onFailure(run.id, error)));
  }

  /** Waits for what is on its way: a Lambda that has answered stands still. */
  async sent(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
  }
}

/** What a run's end is worth telling; undefined where it had nothing to do. */
export function noticeOf({ id, key, argument, state, result, error }: Run): Notice | undefined {
  const symbol = String(argument['symbol']);
  const about = `\n\nRun ${id}, key ${key}\n`;
  if (state === 'ERROR') {
    const { name, message } = error!;
    return { subject: `${symbol}: the run failed`, text: `${name}: ${message}${about}` };
  }
  const made = trade.safeParse(result).data;
  if (made) {
    const { type, qty, price, timestamp } = made;
    const what = `${type === 'buy' ? 'bought' : 'sold'} ${qty} ${symbol} at ${price}`;
    return { subject: what, text: `${what}, trade ${made.id} of ${timestamp}.${about}` };
  }
  const reason = rejected.safeParse(result).data?.rejected ?? refused.safeParse(result).data?.refused;
  if (reason === undefined) return undefined;
  return { subject: `${symbol}: no trade`, text: `There was no trade; ${reason}.${about}` };
}
