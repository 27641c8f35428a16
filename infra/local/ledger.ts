import { Decimal128, MongoClient, type Collection } from 'mongodb';
import * as z from 'zod';
import { afterTrade, noPosition, type Position } from '../../functions/ledger/position.ts';

const trade = z.object({
  _id: z.string(),
  symbol: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.instanceof(Decimal128).transform(String),
  price: z.instanceof(Decimal128).transform(String),
  timestamp: z.date(),
});

/** A trade is written a moment after its timestamp was taken, so a later trade may be written first. */
const OVERLAP_MS = 60_000;

export type SymbolPosition = Position & { symbol: string };

/** The positions of the local ledger. Each refresh reads the trades since the last one. */
export class Ledger {
  readonly positions = new Map<string, SymbolPosition>();
  readonly #client: MongoClient;
  readonly #trades: Collection;
  readonly #seen = new Set<string>();
  #since = new Date(0);

  constructor(uri: string, database: string) {
    this.#client = new MongoClient(uri, {
      maxPoolSize: 1,
      appName: 'orbits-trader-watch',
      serverSelectionTimeoutMS: 4_000,
      connectTimeoutMS: 4_000,
      socketTimeoutMS: 10_000,
    });
    this.#trades = this.#client.db(database).collection('trades');
  }

  async refresh(): Promise<void> {
    const found = this.#trades.find({ timestamp: { $gte: this.#since } }).sort({ timestamp: 1, _id: 1 });
    for await (const document of found) {
      const made = trade.parse(document);
      if (this.#seen.has(made._id)) continue;
      this.#seen.add(made._id);
      const { symbol } = made;
      const before = this.positions.get(symbol) ?? noPosition;
      this.positions.set(symbol, { symbol, ...afterTrade(before, made) });
      this.#since = new Date(Math.max(this.#since.getTime(), made.timestamp.getTime() - OVERLAP_MS));
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
