import * as z from 'zod';
import { cursor, idempotencyKey, instant, MOST_SYMBOLS, note, stockSymbol } from '../fields.ts';
import { command } from '../protocol/command.ts';
import { flatten, flattenKey, planned } from './flatten.ts';
import { Holdings } from './holdings.ts';
import { flattenAnswer, haltAnswer, positionsAnswer, tradesAnswer } from './ledger-answers.ts';
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

  flatten: command({
    does: 'Closes positions: sells what is held and buys back what is owed, each symbol once for the key. Without `symbols`, of each symbol with a position or an open order. What is open of other orders is cancelled first. Neither a halt nor a limit stands in the way.',
    takes: {
      symbols: z.array(stockSymbol).min(1).max(MOST_SYMBOLS).optional(),
      idempotencyKey: idempotencyKey.max(100).optional(),
      dryRun: z.literal(true).optional(),
    },
    answers: flattenAnswer,
    async handle({ symbols, idempotencyKey, dryRun }, { app, invoker, requestId, time }) {
      const holdings = new Holdings(app);
      const key = idempotencyKey ?? requestId;
      if (dryRun) return { key, flattened: await planned(symbols, holdings) };
      const made = await new Ledger(app, invoker).tradesUnder(flattenKey(key, ''));
      const flattened = await flatten(symbols, key, { holdings, invoker, time, made });
      return { key, flattened };
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
