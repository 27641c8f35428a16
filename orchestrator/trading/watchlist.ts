import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { shardOf } from '../../functions/contracts/shard.ts';
import type { Config } from '../config.ts';
import { DECIDING } from '../durable/collections.ts';
import type { Shard } from '../fields.ts';
import { InvalidEventError } from '../protocol/event.ts';

/** The symbols in the store, and whether ticks trade them. */
export interface StoredWatchlist {
  watchlist: string[];
  isTraded: boolean;
}

/** The symbols that ticks trade. In the store, each is a document with nothing but the symbol, as `_id`. */
export class Watchlist {
  readonly #symbols: mongo.Collection<{ _id: string }>;
  readonly #config: Pick<Config, 'symbols' | 'watchlist'>;

  constructor(app: ActionApp, config: Pick<Config, 'symbols' | 'watchlist'>) {
    this.#symbols = app.ActionModel.db.db!.collection('watchlist', DECIDING);
    this.#config = config;
  }

  /** The symbols of a tick or a run: those that it names, or else those that are configured, or in the store. */
  async symbolsOf({
    symbols,
    shard,
  }: {
    symbols?: string[] | undefined;
    shard?: Shard | undefined;
  }): Promise<string[]> {
    if (symbols) return [...new Set(symbols)];
    const all = await this.#all();
    return shard ? all.filter((symbol) => isIn(shard, symbol)) : all;
  }

  async add(symbols: string[]): Promise<StoredWatchlist> {
    const writes = [...new Set(symbols)].map((_id) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: { _id } }, upsert: true },
    }));
    await this.#symbols.bulkWrite(writes, { ordered: false });
    return this.read();
  }

  async remove(symbols: string[]): Promise<StoredWatchlist> {
    await this.#symbols.deleteMany({ _id: { $in: symbols } });
    return this.read();
  }

  async read(): Promise<StoredWatchlist> {
    return { watchlist: await this.#stored(), isTraded: this.#config.watchlist === 'store' };
  }

  async #all(): Promise<string[]> {
    if (this.#config.watchlist === 'store') return this.#stored();
    if (this.#config.symbols) return this.#config.symbols;
    throw new InvalidEventError(
      'The list of symbols is in the events of the schedules. Name the symbols, such as {"symbols":["AMZN"]}.',
    );
  }

  async #stored(): Promise<string[]> {
    const found = await this.#symbols.find({}).sort({ _id: 1 }).toArray();
    return found.map(({ _id }) => _id);
  }
}

export const isIn = ({ index, of }: Shard, symbol: string) => shardOf(symbol, of) === index;
