import * as z from 'zod';
import type { Notice } from '../actions/notifier.ts';
import type { Run } from '../durable/run.ts';
import { stockSymbol } from '../fields.ts';

const transaction = z.object({
  id: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.string(),
  symbol: z.string(),
  price: z.string(),
  timestamp: z.string(),
});
const noTrade = z.union([
  z.object({ rejected: z.string() }).transform(({ rejected }) => rejected),
  z.object({ refused: z.string() }).transform(({ refused }) => refused),
]);

const outcomes = ['traded', 'held', 'refused', 'rejected', 'skipped', 'other'] as const;

const symbolOf = (run: Run) => String(run.argument['symbol']);

/** What the orchestrator's answers and messages say about a run of the trading workflow. */
export const tradingRuns = {
  /** Members of the report of a run. */
  attributes: { symbol: z.string() },
  attributesOf: (run: Run) => ({ symbol: symbolOf(run) }),
  /** Members by which `list` filters. */
  filters: { symbol: stockSymbol.optional() },

  results:
    'of a run that succeeded: the transaction, or why there is no trade: `{ held }`, `{ refused, limit }`, `{ rejected }`, `{ skipped }`',
  outcomes,
  /** @param run one that succeeded */
  outcomeOf({ result }: Run): (typeof outcomes)[number] {
    const members = typeof result === 'object' && result !== null ? result : {};
    if ('id' in members) return 'traded';
    return outcomes.find((name) => name in members) ?? 'other';
  },

  /** The message about a run that ended; undefined if there was nothing to do. */
  noticeOf(run: Run): Notice | undefined {
    const { id, key, state, result, error } = run;
    const symbol = symbolOf(run);
    const about = `\n\nRun ${id}, key ${key}\n`;
    if (state === 'ERROR') {
      const { name, message } = error!;
      return { subject: `${symbol}: the run failed`, text: `${name}: ${message}${about}` };
    }
    const made = transaction.safeParse(result).data;
    if (made) {
      const { type, qty, price, timestamp } = made;
      const what = `${type === 'buy' ? 'bought' : 'sold'} ${qty} ${symbol} at ${price}`;
      return { subject: what, text: `${what}, trade ${made.id} of ${timestamp}.${about}` };
    }
    const reason = noTrade.safeParse(result).data;
    if (reason === undefined) return undefined;
    return { subject: `${symbol}: no trade`, text: `There was no trade; ${reason}.${about}` };
  },
};
