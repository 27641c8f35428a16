import { basename } from 'node:path';
import { MongoClient, type Document } from 'mongodb';
import type * as z from 'zod';
import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import { reconcileLedger } from '../../functions/contracts/reconcile-ledger.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import type { Book } from '../../functions/ledger/book.ts';
import { Books } from '../../functions/ledger/books.ts';
import type { Ledger } from '../../functions/ledger/connection.ts';
import type { Desk } from '../../functions/ledger/desk.ts';
import { readLimits, type Asked, type Exit } from '../../functions/ledger/limits.ts';
import { reconcile } from '../../functions/ledger/reconcile/reconcile.ts';
import { trade } from '../../functions/ledger/trade.ts';
import { alpacaMarket } from '../../functions/market/alpaca/alpaca.ts';
import { Broker } from '../../functions/market/alpaca/broker.ts';
import type { Market } from '../../functions/market/market.ts';
import { startStore } from '../../infra/local/mongodb/server.ts';
import type { AccountOptions } from './broker/types.ts';
import { brokerFetch } from './broker/http.ts';
import { PAPER, Scene } from './broker/scene.ts';
import { temporaryFolder } from './local-app.ts';

/** Orders on a real store, at the fake broker through the SDK, in the broker's time. */
export class TradingDesk {
  /** Changed by a test: each attempt reads it. */
  limits: object = { allowShortSelling: false };
  /** Each command that was sent to the store, such as `find books`. */
  readonly commands: { name: string; command: Document }[] = [];
  readonly #store: Awaited<ReturnType<typeof startStore>>;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #client: MongoClient;
  #keys = 0;

  private constructor(
    store: Awaited<ReturnType<typeof startStore>>,
    folder: ReturnType<typeof temporaryFolder>,
    client: MongoClient,
  ) {
    this.#store = store;
    this.#folder = folder;
    this.#client = client;
    client.on('commandStarted', ({ commandName, command }) => {
      this.commands.push({ name: `${commandName} ${String(command[commandName])}`, command });
    });
  }

  static async open(): Promise<TradingDesk> {
    const folder = temporaryFolder();
    const store = await startStore({ dataDir: folder.path });
    return new TradingDesk(
      store,
      folder,
      await new MongoClient(store.uri, { monitorCommands: true }).connect(),
    );
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#store.close();
    this.#folder.remove();
  }

  ledger(name = basename(this.#folder.path)): Ledger {
    const db = this.#client.db(name);
    return {
      trades: db.collection('trades'),
      books: db.collection('books'),
      account: db.collection('books'),
      adjustments: db.collection('adjustments'),
    };
  }

  async book(symbol = 'AMZN', ledger = this.ledger()): Promise<Book> {
    return (await ledger.books.findOne({ _id: symbol }))!;
  }

  /** One attempt at orders of a scene, as a function makes it. */
  at(
    scene: Scene,
    { account = PAPER, ledger = this.ledger() }: { account?: AccountOptions; ledger?: Ledger } = {},
  ) {
    const attempt = `attempt ${this.#keys++}`;
    const sleep = (ms: number) => Promise.resolve(scene.pass(ms));
    const desk: Desk = {
      books: new Books(ledger),
      market: marketOf(scene, account, sleep),
      limits: readLimits(JSON.stringify(this.limits)),
      clock: { now: () => new Date(scene.now), sleep, random: () => 0.5 },
      newAttempt: () => attempt,
    };
    return {
      desk,
      order: (change: Partial<Asked>): Promise<TradeDocument | Refusal> => trade(desk, this.asked(change)),
      exit: (change: Partial<Exit>): Promise<TradeDocument | Refusal> => trade(desk, this.exit(change)),
      /** One comparison with the broker, as the function makes it. */
      reconcile: (request: z.input<typeof reconcileLedger.request> = {}) =>
        reconcile({ ...desk, ledger }, reconcileLedger.request.parse(request)),
    };
  }

  exit(change: Partial<Exit>): Exit {
    return { key: `key ${this.#keys++}`, type: 'sell', symbol: 'AMZN', isExit: true, ...change };
  }

  asked(change: Partial<Asked>): Asked {
    const usual = { type: 'buy', symbol: 'AMZN', qty: '3', price: '100.00', pricedAt: undefined } as const;
    return { key: `key ${this.#keys++}`, ...usual, ...change };
  }
}

function marketOf(scene: Scene, { keyId, secretKey }: AccountOptions, sleep: Desk['clock']['sleep']): Market {
  const url = 'http://broker';
  const transport = { fetchApi: brokerFetch(scene.engine, sleep), timeoutMs: 0 };
  const broker = new Broker({ keyId, secretKey, tradingUrl: url, dataUrl: url, feed: 'iex', transport });
  return alpacaMarket('paper', (work) => work(broker));
}
