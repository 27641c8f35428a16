import type { BrokerEngine } from '../../support/broker/engine.ts';
import type { Audit } from './audit.ts';
import { ACCOUNT } from './kit.ts';
import type { Runs, Wanted } from './runs.ts';

/** What a person's trade at the broker is followed with. */
interface Scene {
  engine: BrokerEngine;
  audit: Audit;
  runs: Runs;
  symbol: string;
  /** An order of the ledger that comes after it. */
  order: Wanted;
  pass(this: void, ms: number): Promise<void>;
  /** Until no process works. */
  ended(this: void): Promise<void>;
}

/** A person buys at the broker, by hand: it is found, stops the symbol, and is accepted. */
export async function tradeByHand({ engine, audit, runs, symbol, order, pass, ended }: Scene): Promise<void> {
  audit.meddled(symbol);
  const { keyId, secretKey } = ACCOUNT;
  const bought = { symbol, qty: '2', side: 'buy', type: 'market', time_in_force: 'day' };
  engine.request({
    ...{ method: 'POST', path: '/v2/orders', query: new URLSearchParams(), keyId, secretKey },
    body: JSON.stringify(bought),
  });
  await pass(60_000);
  runs.reconcile();
  await ended();
  runs.attempt(order);
  await ended();
  audit.differs(symbol, order.refusedFor);
  runs.reconcile(true);
  await ended();
  audit.agrees(symbol);
}
