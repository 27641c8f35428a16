import * as z from 'zod';
import { MOST_SYMBOLS } from './shard.ts';
import { stockSymbol } from './stock.ts';
import { text } from './text.ts';

/** docs/reconciliation.md has the table of the kinds. */
const differenceKind = z.enum(['position', 'split', 'corporate-action', 'order', 'trades']);
export type DifferenceKind = z.output<typeof differenceKind>;

const difference = z.object({
  symbol: z.string(),
  since: z.iso.datetime().describe('since when its orders are refused'),
  found: z.array(
    z.object({
      kind: differenceKind,
      ledger: z.string().describe('what the ledger has, in words'),
      broker: z.string().describe('what the broker has, in words'),
    }),
  ),
  new: z.boolean().describe('whether this comparison was the first that found it'),
  agrees: z
    .boolean()
    .describe('whether nothing differs any more; its orders are refused until it is accepted'),
});
export type DifferenceAnswer = z.output<typeof difference>;

const accepted = z.object({
  symbol: z.string(),
  before: z.string().describe('shares, a decimal string'),
  after: z.string(),
});

const canceled = z.object({
  symbol: z.string(),
  key: z.string().describe('the key of the order at the broker'),
});

/** What a comparison of the ledger with the broker found and did. */
export const reconciliation = z.object({
  compared: z.int().describe('how many symbols were compared'),
  busy: z
    .array(z.string())
    .describe(
      'symbols that were not compared, because an order was under way or their book was changed meanwhile',
    ),
  overdue: z
    .array(z.string())
    .describe('those among them whose order has been under way for so long that a person must look'),
  differences: z.array(difference),
  accepted: z.array(accepted).describe('positions that are now those of the broker'),
  refused: z
    .array(z.object({ symbol: z.string(), reason: z.string() }))
    .describe('differences that could not be accepted'),
  canceled: z.array(canceled).describe('open orders of this ledger whose cancellation the broker took'),
  left: z.int().describe('open orders of this ledger that are left after that'),
});
export type Reconciliation = z.output<typeof reconciliation>;

/** Compares the ledger with the broker: all symbols, or some of them. */
export const reconcileLedger = {
  name: 'reconcile-ledger',
  request: z.strictObject({
    symbols: z.array(stockSymbol).min(1).max(MOST_SYMBOLS).optional(),
    /** Makes the positions of differences that are on record those of the broker, if they are still what is found. */
    accept: z.literal(true).optional(),
    note: text('a note', { max: 500 }).optional(),
    /** Also compares the books with all of their trades. */
    full: z.literal(true).optional(),
    /** Cancels the open orders of this ledger at the broker before that. */
    cancel_open: z.literal(true).optional(),
  }),
  response: reconciliation,
};
