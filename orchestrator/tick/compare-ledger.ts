import type { Reconciliation } from '../../functions/contracts/reconcile-ledger.ts';
import type { LambdaInvoker } from '../actions/lambda-invoker.ts';
import { reconcileWith } from '../actions/reconcile-ledger.ts';
import type { Config } from '../config.ts';
import type { Shard } from '../fields.ts';

/** Gets what each comparison of the ledger with the broker found. */
export interface LedgerLog {
  compared(tick: string, found: Reconciliation): void;
  notCompared(tick: string, error: unknown): void;
}

/**
 * Compares the ledger with the broker, at each delivery of a tick; of several shards, the first one does it for all. It
 * fails no tick: orders of a symbol that is known to differ are refused all the same.
 */
export async function compareLedger(
  { key, shard }: { key: string; shard: Shard | undefined },
  { hasBroker }: Pick<Config, 'hasBroker'>,
  invoker: LambdaInvoker,
  log: LedgerLog,
): Promise<void> {
  if (!hasBroker || (shard?.index ?? 0) !== 0) return;
  await reconcileWith(invoker, {}).then(
    (found) => log.compared(key, found),
    (error: unknown) => log.notCompared(key, error),
  );
}
