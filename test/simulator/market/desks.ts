import type { ActionApp } from '@wbce/orbits-core';
import { Books } from '../../../functions/ledger/books.ts';
import type { Ledger } from '../../../functions/ledger/connection.ts';
import type { Desk } from '../../../functions/ledger/desk.ts';
import type { ReconcileDesk } from '../../../functions/ledger/reconcile/desk.ts';
import { alpacaMarket } from '../../../functions/market/alpaca/alpaca.ts';
import { Broker } from '../../../functions/market/alpaca/broker.ts';
import { Ledger as LedgerCommands } from '../../../orchestrator/trading/ledger.ts';
import type { Orchestrator } from '../orchestrator.ts';
import { CollectionPort } from '../store-port.ts';
import { wayTo } from './broker-way.ts';
import { ACCOUNT, LEDGER, type OrderKit } from './kit.ts';

/** What a process of buy or sell works on an order with: its own way to the store, and to the broker. */
export function deskOf(process: Orchestrator, kit: OrderKit): Desk {
  const transport = { fetchApi: wayTo(kit, process), timeoutMs: 0 };
  const url = 'http://broker';
  const { keyId, secretKey } = ACCOUNT;
  const broker = new Broker({ keyId, secretKey, tradingUrl: url, dataUrl: url, feed: 'iex', transport });
  let attempts = 0;
  return {
    books: new Books(ledgerOf(process, kit), () => LEDGER),
    market: alpacaMarket('paper', (work) => work(broker)),
    limits: kit.limits,
    clock: {
      now: () => new Date(process.world.now),
      sleep: (ms) => process.later(ms),
      random: () => process.random.whole(0, 1_000) / 1_000,
    },
    newAttempt: () => `${process.name}/${attempts++}`,
  };
}

/** What a process of reconcile-ledger compares with. */
export const reconcileDeskOf = (process: Orchestrator, kit: OrderKit): ReconcileDesk => {
  return { ...deskOf(process, kit), ledger: ledgerOf(process, kit) };
};

/** What a person's halt is written with. */
export function commandsOf(process: Orchestrator, kit: OrderKit): LedgerCommands {
  const { trades, books } = ledgerOf(process, kit);
  const db = { collection: (name: string) => (name === 'trades' ? trades : books) };
  return new LedgerCommands({ ActionModel: { db: { db } } } as unknown as ActionApp, undefined as never);
}

function ledgerOf(process: Orchestrator, { store }: OrderKit): Ledger {
  const port = (name: string) =>
    new CollectionPort(name, store, process, {
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority' },
    });
  const books = port('books');
  const ledger = { trades: port('trades'), books, account: books, adjustments: port('adjustments') };
  return ledger as unknown as Ledger;
}
