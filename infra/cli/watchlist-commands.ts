import type { EventCommand } from './command.ts';
import { noProblem } from './problems.ts';

const bySymbols = (name: string, does: string): EventCommand => ({
  usage: `${name} SYM ...`,
  does,
  example: `${name} AMZN BRK.B`,
  options: {},
  toEvent: (_values, _id, symbols) => ({ command: name, symbols }),
  takesId: 'symbols',
  problemIn: noProblem,
});

/** What is asked of the list of symbols that is kept in the store. */
export const watchlistCommands: Record<string, EventCommand> = {
  watch: bySymbols('watch', 'adds symbols to the list in the store, which ticks trade with watchlist=store'),
  unwatch: bySymbols('unwatch', 'takes symbols off that list'),
  watchlist: {
    usage: 'watchlist',
    does: 'that list',
    example: 'watchlist',
    options: {},
    toEvent: () => ({ command: 'watchlist' }),
    takesId: 'no',
    problemIn: noProblem,
  },
};
