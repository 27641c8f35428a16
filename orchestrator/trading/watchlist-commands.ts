import * as z from 'zod';
import { MOST_SYMBOLS, stockSymbol } from '../fields.ts';
import { command } from '../protocol/command.ts';
import { Holdings } from './holdings.ts';
import { Watchlist } from './watchlist.ts';

const symbols = z.array(stockSymbol).min(1).max(MOST_SYMBOLS);

export const watchlistAnswer = z
  .object({
    watchlist: z.array(z.string()).describe('the symbols in the store, by name'),
    isTraded: z.boolean().describe('whether ticks trade them; otherwise the stack has a list of its own'),
  })
  .meta({ title: 'watchlist' });

export const unwatchAnswer = watchlistAnswer
  .extend({
    leftBehind: z
      .array(
        z.object({
          symbol: z.string(),
          qty: z.string().describe('shares, a decimal string; negative if owed'),
          open: z.int().describe('orders that may still be filled'),
        }),
      )
      .describe('what is held, owed or under way of the removed symbols, which ticks do not trade any more'),
  })
  .meta({ title: 'unwatched' });

/** Commands about the watchlist in the store. */
export const watchlistCommands = {
  watch: command({
    does: 'Adds symbols to the watchlist in the store. The next tick trades them if `watchlist` is `store`.',
    takes: { symbols },
    answers: watchlistAnswer,
    handle: ({ symbols }, { app, config }) => new Watchlist(app, config).add(symbols),
  }),

  unwatch: command({
    does: 'Removes symbols from that watchlist. Open runs go on, and positions stay: the answer says which.',
    takes: { symbols },
    answers: unwatchAnswer,
    async handle({ symbols }, { app, config }) {
      const watchlist = await new Watchlist(app, config).remove(symbols);
      const left = await new Holdings(app).read(symbols);
      const leftBehind = [...left.values()].map(({ symbol, qty, open }) => ({
        ...{ symbol, qty: qty.toFixed(), open },
      }));
      return { ...watchlist, leftBehind };
    },
  }),

  watchlist: command({
    does: 'Shows that watchlist.',
    takes: {},
    answers: watchlistAnswer,
    handle: (_, { app, config }) => new Watchlist(app, config).read(),
  }),
};
