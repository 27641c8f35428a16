import type { Difference } from '../../contracts/ledger.ts';

/** Why orders of a symbol are refused, and what to do. */
export function differenceInWords(symbol: string, { since, found }: Difference): string {
  const what = found
    .map(({ kind, ledger, broker }) => `${kind}: ledger ${ledger}, broker ${broker}`)
    .join('; ');
  return (
    `the ledger and the broker differ in ${symbol} since ${since.toISOString()} (${what}). ` +
    `Find out why, then take what the broker has: npm run trader -- reconcile ${symbol} --accept`
  );
}
