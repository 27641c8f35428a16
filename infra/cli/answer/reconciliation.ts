import { printable } from '../../local/text.ts';
import { columns } from '../table.ts';
import type { Answer } from './answer.ts';

/** What a comparison of the ledger with the broker found, and what was canceled or accepted; nothing for other answers. */
export function reconciliationLines(answer: Answer, where: string): string[] {
  const { compared, busy, differences, accepted, refused, canceled } = answer;
  const lines = canceled.map(({ symbol, key }) => `canceled: ${symbol} ${printable(key)}`);
  if (compared === undefined) return lines;
  lines.push(
    ...accepted.map(({ symbol, before, after }) => `accepted: ${symbol} from ${before} to ${after} shares`),
  );
  lines.push(...refused.map(({ symbol, reason }) => `not accepted: ${symbol}: ${reason}`));
  lines.push(`compared: ${compared} ${compared === 1 ? 'symbol' : 'symbols'}`);
  if (busy.length > 0) lines.push(`not compared, because an order is under way: ${busy.join(', ')}`);
  if (differences.length === 0) return [...lines, 'no differences'];
  const rows = differences.flatMap(({ symbol, since, found, agrees }) =>
    found.map(({ kind, ledger, broker }) => [
      symbol,
      kind,
      ledger,
      agrees ? 'agrees by now' : broker,
      since,
      DO[kind] ?? '-',
    ]),
  );
  const accept = `to take what the broker has: npm run trader -- reconcile --accept${where}`;
  return [...lines, ...columns(['SYMBOL', 'KIND', 'LEDGER', 'BROKER', 'SINCE', 'WHAT TO DO'], rows), accept];
}

/** By kind; docs/reconciliation.md says more. */
const DO: Record<string, string> = {
  position: 'find out who traded, then accept',
  split: 'accept',
  'corporate-action': 'see what became of the shares, then accept',
  order: 'cancel it: halt --cancel-open; then accept',
  trades: 'find the trades that are missing, then accept',
};
