import { dollars } from '../../functions/shared/money.ts';
import { unrealized } from '../../functions/ledger/position.ts';
import type { SymbolPosition } from './ledger.ts';
import { fit } from './text.ts';

/** What is shown below the printed lines. */
export interface LiveState {
  nextTick: Date | undefined;
  /** Steps in progress. */
  running: { symbol: string; step: string }[];
  /** Runs that ended or were suspended, newest first. */
  runs: { symbol: string; run: string; outcome: string }[];
  positions: SymbolPosition[];
  /** The last known price of each symbol. */
  prices: ReadonlyMap<string, string>;
}

/** As many lines as fit on the screen, none wider than it. */
export function liveView(state: LiveState, now: Date, screen: { columns: number; rows: number }): string[] {
  const { nextTick, running, runs, positions, prices } = state;
  const lines = ['─'.repeat(Math.min(screen.columns, 72))];
  if (nextTick)
    lines.push(
      `next tick in ${countdown(nextTick.getTime() - now.getTime())}; Enter ticks now, Ctrl-C stops`,
    );
  lines.push(...running.map(({ symbol, step }) => `… ${symbol} ${step} running`));
  const ledger = positions.map((position) => positionLine(position, prices.get(position.symbol)));
  if (ledger.length > 0) lines.push('', ...ledger);
  if (runs.length > 0)
    lines.push('', ...runs.map(({ symbol, run, outcome }) => `${symbol.padEnd(8)} ${run}  ${outcome}`));
  return lines.slice(0, Math.max(1, screen.rows - 2)).map((line) => fit(line, screen.columns - 1));
}

/** The position of a symbol, with its profit or loss. */
export function positionLine(position: SymbolPosition, price = dollars(position.lastPrice)): string {
  const { symbol, qty, averageCost, realized } = position;
  const open = unrealized(position, price);
  return (
    `${symbol.padEnd(8)} ${qty.toFixed().padStart(6)} at ${dollars(averageCost)}, now ${price}: ` +
    `realized ${dollars(realized)}, unrealized ${dollars(open)}`
  );
}

export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
