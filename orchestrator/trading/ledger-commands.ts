import * as z from 'zod';
import { reconcileWith } from '../actions/reconcile-ledger.ts';
import { cursor, idempotencyKey, instant, MOST_SYMBOLS, note, stockSymbol } from '../fields.ts';
import { command, RefusedError } from '../protocol/command.ts';
import { flatten, flattenKey, planned } from './flatten.ts';
import { Holdings } from './holdings.ts';
import {
  flattenAnswer,
  haltAnswer,
  positionsAnswer,
  reconciliationAnswer,
  tradesAnswer,
} from './ledger-answers.ts';
import { Ledger } from './ledger.ts';

/** Commands about the ledger that buy and sell write. */
export const ledgerCommands = {
  halt: command({
    does: 'Makes buy and sell refuse every new order. An order that was accepted before may still become a trade; with `cancelOpen`, what is open at the broker is canceled after that.',
    takes: { note, cancelOpen: z.literal(true).optional() },
    answers: haltAnswer,
    async handle({ note, cancelOpen }, { app, invoker, config }) {
      const halted = await new Ledger(app, invoker).halt(note);
      // The simulated market keeps no order open.
      if (!cancelOpen || !config.hasBroker) return { halted };
      const { canceled, left } = await reconcileWith(invoker, { cancel_open: true });
      return { halted, canceled, left };
    },
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

  reconcile: command({
    does: 'Compares the ledger with the broker: all symbols, or some. A difference that is found stops new orders of its symbol, until `accept` makes its position that of the broker. With `full`, the books are also compared with all of their trades.',
    takes: {
      symbols: z.array(stockSymbol).min(1).max(MOST_SYMBOLS).optional(),
      accept: z.literal(true).optional(),
      full: z.literal(true).optional(),
      note,
    },
    answers: reconciliationAnswer,
    handle(request, { invoker, config }) {
      if (config.hasBroker) return reconcileWith(invoker, request);
      throw new RefusedError(
        'The simulated market keeps no positions and no orders, so there is nothing to compare the ledger with.',
      );
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
