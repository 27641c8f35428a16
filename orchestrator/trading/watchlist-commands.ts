import * as z from 'zod';
import { MOST_SYMBOLS, stockSymbol } from '../fields.ts';
import { command } from '../protocol/command.ts';
import { Watchlist } from './watchlist.ts';

const symbols = z.array(stockSymbol).min(1).max(MOST_SYMBOLS);

export const watchlistAnswer = z
  .object({
    watchlist: z.array(z.string()).describe('the symbols in the store, by name'),
    isTraded: z.boolean().describe('whether ticks trade them; otherwise the stack has a list of its own'),
  })
  .meta({ title: 'watchlist' });

/** Commands about the watchlist in the store. */
export const watchlistCommands = {
  watch: command({
    does: 'Adds symbols to the watchlist in the store. The next tick trades them if `watchlist` is `store`.',
    takes: { symbols },
    answers: watchlistAnswer,
    handle: ({ symbols }, { app, config }) => new Watchlist(app, config).add(symbols),
  }),

  unwatch: command({
    does: 'Removes symbols from that watchlist. Open runs go on.',
    takes: { symbols },
    answers: watchlistAnswer,
    handle: ({ symbols }, { app, config }) => new Watchlist(app, config).remove(symbols),
  }),

  watchlist: command({
    does: 'Shows that watchlist.',
    takes: {},
    answers: watchlistAnswer,
    handle: (_, { app, config }) => new Watchlist(app, config).read(),
  }),
};
