import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { shardOf, type Shard } from './actions/symbol.ts';
import type { Config } from './config.ts';
import { InvalidEventError, type EventOf } from './event.ts';
import type { WatchlistAnswer } from './report.ts';

/** The list of symbols that is kept in the store. Its documents have nothing but the symbol, as `_id`. */
export class Watchlist {
  readonly #symbols: mongo.Collection<{ _id: string }>;
  readonly #config: Pick<Config, 'symbols' | 'watchlist'>;

  constructor(app: ActionApp, config: Pick<Config, 'symbols' | 'watchlist'>) {
    this.#symbols = app.ActionModel.db.db!.collection('watchlist');
    this.#config = config;
  }

  /** What a tick or a run is of: what it names, else what is configured, or in the store. */
  async symbolsOf({ symbols, shard }: EventOf<'tick' | 'run'>): Promise<string[]> {
    if (symbols) return [...new Set(symbols)];
    const all = await this.#configured();
    return shard ? all.filter((symbol) => isIn(shard, symbol)) : all;
  }

  async watch({ symbols }: EventOf<'watch'>): Promise<WatchlistAnswer> {
    const writes = [...new Set(symbols)].map((_id) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: { _id } }, upsert: true },
    }));
    await this.#symbols.bulkWrite(writes, { ordered: false });
    return this.list();
  }

  async unwatch({ symbols }: EventOf<'unwatch'>): Promise<WatchlistAnswer> {
    await this.#symbols.deleteMany({ _id: { $in: symbols } });
    return this.list();
  }

  async list(): Promise<WatchlistAnswer> {
    return { watchlist: await this.#stored(), isTraded: this.#config.watchlist === 'store' };
  }

  async #configured(): Promise<string[]> {
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
