import * as z from 'zod';
import { cursor, instant, note, stockSymbol } from '../fields.ts';
import { command } from '../protocol/command.ts';
import { haltAnswer, positionsAnswer, tradesAnswer } from './ledger-answers.ts';
import { Ledger } from './ledger.ts';

/** Commands about the ledger that buy and sell write. */
export const ledgerCommands = {
  halt: command({
    does: 'Makes buy and sell refuse every new order. An order that was accepted before may still become a trade.',
    takes: { note },
    answers: haltAnswer,
    handle: async ({ note }, { app, invoker }) => ({ halted: await new Ledger(app, invoker).halt(note) }),
  }),

  unhalt: command({
    does: 'Accepts new orders again.',
    takes: {},
    answers: haltAnswer,
    async handle(_, { app, invoker }) {
      await new Ledger(app, invoker).unhalt();
      return { halted: null };
    },
  }),

  positions: command({
    does: 'Lists the position of each symbol, by symbol.',
    takes: {
      symbols: z.array(stockSymbol).min(1).max(100).optional(),
      limit: z.int().min(1).max(100).default(20),
      cursor: stockSymbol.optional(),
    },
    answers: positionsAnswer,
    handle: (query, { app, invoker }) => new Ledger(app, invoker).positions(query),
  }),

  trades: command({
    does: 'Lists trades, newest first: made at `from` or later, and before `to`.',
    takes: {
      symbol: stockSymbol.optional(),
      from: instant('`from`').optional(),
      to: instant('`to`').optional(),
      limit: z.int().min(1).max(1000).default(20),
      cursor,
    },
    answers: tradesAnswer,
    handle: (query, { app, invoker }) => new Ledger(app, invoker).trades(query),
  }),
};
