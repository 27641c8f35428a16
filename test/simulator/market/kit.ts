import type { TradeType } from '../../../functions/contracts/stock.ts';
import type { Limits } from '../../../functions/ledger/limits.ts';
import type { BrokerEngine } from '../../support/broker/engine.ts';
import type { Store } from '../store-port.ts';

/** An account that may sell short: nothing but the ledger's own limits is in the way of that. */
export const ACCOUNT = {
  ...{ keyId: 'PK1', secretKey: 'secret', accountNumber: 'PA1' },
  ...{ cash: '1000000', shortingEnabled: true },
};

/** What the ledger's keys begin with at the broker. */
export const LEDGER = 'ledger';

/** As it is sent to the broker. */
export interface InDoubt {
  symbol: string;
  side: TradeType;
}

/** What the processes of a course share. */
export interface OrderKit {
  engine: BrokerEngine;
  store: Store;
  /** Of the deployment as it is now. */
  limits: Limits;
  /** Whether the broker refuses all orders now: others have bound what the account can buy with. */
  isBound: boolean;
  /** Called when what becomes of an order's request will not be known to who sent it. */
  inDoubt(order: InDoubt): void;
}
