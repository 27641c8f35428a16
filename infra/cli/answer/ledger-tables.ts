import type { Position, Trade } from './answer.ts';
import { columns } from '../table.ts';
import { printable } from '../../local/text.ts';

export function haltLine(halted: { since: string; note?: string | undefined } | null): string {
  if (halted === null) return 'new orders are accepted';
  const note = halted.note === undefined ? '' : `: ${printable(halted.note)}`;
  return `new orders are refused since ${halted.since}${note}`;
}

export function positionTable(positions: Position[]): string[] {
  if (positions.length === 0) return ['no trades'];
  return columns(
    ['SYMBOL', 'SHARES', 'AVERAGE COST', 'PRICE', 'REALIZED', 'UNREALIZED'],
    positions.map(({ symbol, qty, averageCost, price, realized, unrealized }) => [
      symbol,
      qty,
      averageCost,
      price ?? '-',
      realized,
      unrealized ?? '-',
    ]),
  );
}

export function tradeTable(trades: Trade[]): string[] {
  if (trades.length === 0) return ['no trades'];
  return columns(
    ['TIME', 'SYMBOL', 'TYPE', 'SHARES', 'PRICE', 'ID'],
    trades.map(({ id, symbol, type, qty, price, timestamp }) => [timestamp, symbol, type, qty, price, id]),
  );
}
