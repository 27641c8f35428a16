import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { ACCOUNT, type AccountDocument, type TradeDocument } from '../functions/contracts/ledger.ts';
import { afterTrade, unrealized, type Position } from '../functions/ledger/position.ts';
import { dollars } from '../functions/shared/money.ts';
import { priceNow } from './actions/check-stock-price.ts';
import type { LambdaInvoker } from './actions/lambda-invoker.ts';
import { inParallel } from './carry-on.ts';
import { fromCursor, toCursor } from './cursor.ts';
import { hasCode } from './durable/mongo-errors.ts';
import type { EventOf } from './event.ts';
import type { PositionPage, TradePage, TradingAnswer } from './report.ts';

const DUPLICATE_KEY = 11_000;

/** What a person asks of the ledger that buy and sell write: its trades, what they add up to, and to let no more in. */
export class Ledger {
  readonly #trades: mongo.Collection<TradeDocument>;
  readonly #account: mongo.Collection<AccountDocument>;
  readonly #invoker: LambdaInvoker;

  constructor(app: ActionApp, invoker: LambdaInvoker) {
    const db = app.ActionModel.db.db!;
    this.#trades = db.collection('trades');
    this.#account = db.collection('books');
    this.#invoker = invoker;
  }

  /** The newest first. */
  async trades({ symbol, from, to, limit, cursor }: EventOf<'trades'>): Promise<TradePage> {
    const last = cursor === undefined ? undefined : fromCursor(cursor);
    const time = { ...(from && { $gte: new Date(from) }), ...(to && { $lt: new Date(to) }) };
    const found = await this.#trades
      .find({
        ...(symbol !== undefined && { symbol }),
        ...((from ?? to) && { timestamp: time }),
        ...(last && {
          $or: [{ timestamp: { $lt: last.time } }, { timestamp: last.time, _id: { $lt: last.id } }],
        }),
      })
      .sort({ timestamp: -1, _id: -1 })
      .limit(limit + 1)
      .toArray();
    const page = found.slice(0, limit);
    const end = found.length > limit ? page.at(-1) : undefined;
    return {
      trades: page.map(toTrade),
      cursor: end ? toCursor({ time: end.timestamp, id: end._id }) : null,
    };
  }

  /** Each symbol that was ever traded, by name. One whose price can't be had now is told without it. */
  async positions({ symbols, limit, cursor }: EventOf<'positions'>): Promise<PositionPage> {
    const traded = (await this.#trades.distinct('symbol')).sort();
    const asked = traded.filter(
      (symbol) => (!symbols || symbols.includes(symbol)) && (cursor === undefined || symbol > cursor),
    );
    const page = asked.slice(0, limit);
    const positions = await inParallel(page, (symbol) => this.#position(symbol));
    return { positions, cursor: asked.length > limit ? page.at(-1)! : null };
  }

  /** A halt that stands already is left as it is. */
  async halt({ note }: EventOf<'halt'>): Promise<TradingAnswer> {
    const halted = { since: new Date(), ...(note !== undefined && { note }) };
    const isOpen = { _id: ACCOUNT, halted: { $exists: false } } as const;
    try {
      await this.#account.updateOne(isOpen, { $set: { halted } }, { upsert: true });
    } catch (error) {
      // The document is there and halted, so that the upsert finds nothing and inserts it again.
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
    }
    const { halted: stands = halted } = (await this.#account.findOne({ _id: ACCOUNT })) ?? {};
    return { halted: { ...stands, since: stands.since.toISOString() } };
  }

  async unhalt(): Promise<TradingAnswer> {
    await this.#account.updateOne({ _id: ACCOUNT }, { $unset: { halted: '' } });
    return { halted: null };
  }

  async #position(symbol: string): Promise<PositionPage['positions'][number]> {
    let position: Position | undefined;
    for await (const trade of this.#trades.find({ symbol }).sort({ timestamp: 1, _id: 1 })) {
      position = afterTrade(position, toTrade(trade));
    }
    const { qty, averageCost, realized } = position!;
    const price = qty === 0 ? undefined : await priceNow(this.#invoker, symbol).catch(() => undefined);
    const open = price === undefined ? undefined : unrealized(position!, price);
    return {
      symbol,
      qty,
      averageCost: dollars(averageCost),
      realized: dollars(realized),
      price: price ?? null,
      unrealized: qty === 0 ? '0.00' : open ? dollars(open) : null,
    };
  }
}

function toTrade({ _id, symbol, type, qty, price, timestamp }: TradeDocument): TradePage['trades'][number] {
  return { id: _id, symbol, type, qty, price: price.toString(), timestamp: timestamp.toISOString() };
}
