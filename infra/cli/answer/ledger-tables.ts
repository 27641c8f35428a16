import { outcomeInWords } from '../../outcome.ts';
import type { Flattened, LeftBehind, Position, Trade } from './answer.ts';
import { columns } from '../table.ts';
import { shellWord } from '../../local/shell-word.ts';
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

/** What was closed, and what is left. */
export function flattenedTable(flattened: Flattened[]): string[] {
  if (flattened.length === 0) return ['no position is held, and no order is open'];
  return columns(
    ['SYMBOL', 'LEFT', 'OPEN ORDERS', 'OUTCOME'],
    flattened.map(({ symbol, outcome, reason, trade, left, open }) => {
      const words = outcomeInWords(trade) ?? (reason === null ? outcome : `${outcome}: ${reason}`);
      return [symbol, left, String(open), words];
    }),
  );
}

/** What removed symbols still have, and the command that closes it. */
export function leftBehindLines(left: LeftBehind, { where }: { where: string }): string[] {
  if (left.length === 0) return [];
  const each = left.map(({ symbol, qty, open }) => {
    const orders = open === 0 ? '' : `, and open orders: ${open}`;
    return printable(`${symbol} still has a position of ${qty}${orders}`);
  });
  const symbols = left.map(({ symbol }) => shellWord(symbol)).join(' ');
  return [...each, `to close: npm run trader -- flatten ${symbols}${where}`];
}
