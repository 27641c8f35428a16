import type { OrdersAtBroker } from '../../market/market.ts';
import type { Ledger } from '../connection.ts';
import type { Desk } from '../desk.ts';

/** What a comparison is made with. */
export interface ReconcileDesk extends Desk {
  ledger: Ledger;
}

/** The same, at a broker. */
export interface BrokerDesk extends ReconcileDesk {
  orders: OrdersAtBroker;
}
