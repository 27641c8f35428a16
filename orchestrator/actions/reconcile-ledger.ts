import { reconcileLedger, type Reconciliation } from '../../functions/contracts/reconcile-ledger.ts';
import type * as z from 'zod';
import type { LambdaInvoker } from './lambda-invoker.ts';

export type ReconcileRequest = z.input<typeof reconcileLedger.request>;

/** Compares the ledger with the broker, once: the next tick, or a person, does it again. */
export const reconcileWith = (invoker: LambdaInvoker, request: ReconcileRequest): Promise<Reconciliation> =>
  invoker.invoke(reconcileLedger, request);
