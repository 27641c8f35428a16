import { columns } from '../table.ts';
import { printable } from '../../local/text.ts';
import type { Tick } from './answer.ts';

export function tickTable(ticks: Tick[]): string[] {
  if (ticks.length === 0) return ['no ticks'];
  return columns(
    ['TICK', 'MARKET', 'UNTIL'],
    ticks.map(({ tick, market, until }) => [printable(tick), market, until ?? '-']),
  );
}
