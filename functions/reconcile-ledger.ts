import { randomUUID } from 'node:crypto';
import { reconcileLedger } from './contracts/reconcile-ledger.ts';
import { Books } from './ledger/books.ts';
import { withLedger } from './ledger/connection.ts';
import { systemClock } from './ledger/desk.ts';
import { readLimits } from './ledger/limits.ts';
import { reconcile } from './ledger/reconcile/reconcile.ts';
import { market } from './market/index.ts';
import { stockFunction } from './shared/stock-function.ts';

const limits = readLimits(process.env['LIMITS']);

export const handler = stockFunction(reconcileLedger, (request) =>
  withLedger((ledger) =>
    reconcile(
      { ledger, books: new Books(ledger), market, limits, clock: systemClock, newAttempt: randomUUID },
      request,
    ),
  ),
);
