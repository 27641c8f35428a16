import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { DECIDING } from '../durable/collections.ts';
import { hasCode } from '../durable/mongo-errors.ts';

const DUPLICATE_KEY = 11_000;
const DAY_MS = 86_400_000;

/** What was found of the market at a tick; `until` is the close of the session, or the next opening. */
export type MarketAtTick = { market: 'open' | 'closed'; until: Date } | { market: 'unknown'; until: null };

/** A tick on record. */
export type TickRecord = MarketAtTick & { tick: string };

interface TickDocument {
  /** The key of the tick. */
  _id: string;
  market: TickRecord['market'];
  until: Date | null;
  expiresAt: Date;
}

/** The ticks of the schedule, in the collection `ticks`: what was decided about each when it came first. */
export class TickRecords {
  readonly #ticks: mongo.Collection<TickDocument>;
  readonly #historyDays: number;

  constructor(app: ActionApp, { historyDays }: { historyDays: number }) {
    this.#ticks = app.ActionModel.db.db!.collection('ticks', DECIDING);
    this.#historyDays = historyDays;
  }

  /** Puts a tick on record, by one atomic upsert. Of several deliveries, the first one's finding stands for all. */
  async record(tick: string, { market, until }: MarketAtTick): Promise<TickRecord> {
    await this.#ensureRetention();
    const expiresAt = new Date(Date.now() + this.#historyDays * DAY_MS);
    try {
      const document = await this.#ticks.findOneAndUpdate(
        { _id: tick },
        { $setOnInsert: { market, until, expiresAt } },
        { upsert: true, returnDocument: 'after' },
      );
      return toRecord(document!);
    } catch (error) {
      // Two deliveries at once: the other one's insert was the first.
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
      return toRecord((await this.#ticks.findOne({ _id: tick }))!);
    }
  }

  /** The ticks before one, newest first. */
  async list(before: string | undefined, limit: number): Promise<TickRecord[]> {
    const filter = before === undefined ? {} : { _id: { $lt: before } };
    const found = await this.#ticks.find(filter).sort({ _id: -1 }).limit(limit).toArray();
    return found.map(toRecord);
  }

  /** Once a process. */
  async #ensureRetention(): Promise<void> {
    const { dbName } = this.#ticks;
    if (indexed.has(dbName)) return;
    await this.#ticks.createIndex({ expiresAt: 1 }, { name: 'retention', expireAfterSeconds: 0 });
    indexed.add(dbName);
  }
}

/** The databases whose collection has its index. */
const indexed = new Set<string>();

function toRecord({ _id: tick, market, until }: TickDocument): TickRecord {
  return market === 'unknown' ? { tick, market, until: null } : { tick, market, until: until! };
}
