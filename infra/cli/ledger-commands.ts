import type { EventCommand } from './command.ts';
import { wholeNumberOption } from './options.ts';
import { noProblem } from './problems.ts';

const count = (limit: unknown) => wholeNumberOption('--limit', limit);

/** What is asked of the ledger, and whether new orders come into it. */
export const ledgerCommands: Record<string, EventCommand> = {
  positions: {
    usage: 'positions [--symbol SYM ...] [--limit N] [--cursor C] [--csv]',
    does: 'what the trades of each symbol add up to; --csv writes all pages',
    example: 'positions --csv > positions.csv',
    options: {
      symbol: { type: 'string', multiple: true },
      limit: { type: 'string' },
      cursor: { type: 'string' },
      csv: { type: 'boolean' },
    },
    toEvent: ({ symbol, limit, cursor }) => ({
      command: 'positions',
      symbols: symbol,
      limit: count(limit),
      cursor,
    }),
    takesId: 'no',
    problemIn: noProblem,
  },
  trades: {
    usage: 'trades [--symbol SYM] [--from T] [--to T] [--limit N] [--cursor C] [--csv]',
    does: 'trades, the newest first; --csv writes all pages',
    example: 'trades --symbol AMZN --csv > trades.csv',
    options: {
      symbol: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      limit: { type: 'string' },
      cursor: { type: 'string' },
      csv: { type: 'boolean' },
    },
    toEvent: ({ limit, ...values }) => ({ command: 'trades', ...values, limit: count(limit) }),
    takesId: 'no',
    problemIn: noProblem,
  },
  halt: {
    usage: 'halt [--note TEXT]',
    does: 'has every new order refused',
    example: 'halt --note "looking into it"',
    options: { note: { type: 'string' } },
    toEvent: ({ note }) => ({ command: 'halt', note }),
    takesId: 'no',
    problemIn: noProblem,
  },
  unhalt: {
    usage: 'unhalt',
    does: 'lets new orders in again',
    example: 'unhalt',
    options: {},
    toEvent: () => ({ command: 'unhalt' }),
    takesId: 'no',
    problemIn: noProblem,
  },
};
