import * as z from 'zod';

const trade = z.object({
  type: z.enum(['buy', 'sell']),
  qty: z.string(),
  symbol: z.string(),
  price: z.string(),
});

/** Why there was no trade; the member's name distinguishes the reasons. */
const noTrade = z.union([
  z.object({ held: z.string() }).transform(({ held }) => held),
  z.object({ refused: z.string() }).transform(({ refused }) => refused),
  z.object({ rejected: z.string() }).transform(({ rejected }) => rejected),
  z.object({ skipped: z.string() }).transform(({ skipped }) => skipped),
]);

/** The result of a trading run that succeeded, in words; undefined for another workflow's result. */
export function outcomeInWords(result: unknown): string | undefined {
  const made = trade.safeParse(result).data;
  if (made) return `${made.type === 'buy' ? 'bought' : 'sold'} ${made.qty} ${made.symbol} at ${made.price}`;
  const reason = noTrade.safeParse(result).data;
  return reason === undefined ? undefined : `no trade; ${reason}`;
}

/** The runs of a report, counted by their results, such as `1000 runs: 998 traded, 2 failed`. */
export function countsInWords(runs: number, counts: Record<string, number>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const words = parts.map(([name, count]) => `${count} ${name === 'inProgress' ? 'in progress' : name}`);
  return `${runs} runs: ${words.join(', ')}`;
}

/** @param until the next opening, ISO 8601 in UTC */
export const closedInWords = (until: string) =>
  `The market is closed until ${until}; the tick starts no runs.`;
