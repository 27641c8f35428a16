import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import {
  ACCOUNT,
  type AccountDocument,
  type BookDocument,
  type TradeDocument,
} from '../../functions/contracts/ledger.ts';
import { halt, unhalt } from '../../functions/ledger/halt.ts';
import { toPosition, unrealized } from '../../functions/ledger/position.ts';
import { dollars, Money } from '../../functions/shared/money.ts';
import { priceNow } from '../actions/check-stock-price.ts';
import type { LambdaInvoker } from '../actions/lambda-invoker.ts';
import { DECIDING } from '../durable/collections.ts';
import { fromCursor, toCursor } from '../protocol/cursor.ts';
import { inParallel } from '../tick/parallel.ts';
import type { PositionAnswer, TradeAnswer } from './ledger-answers.ts';

export interface TradeQuery {
  symbol?: string | undefined;
  /** Made at this time or later; ISO 8601. */
  from?: string | undefined;
  /** Made before this time. */
  to?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface PositionQuery {
  symbols?: string[] | undefined;
  limit: number;
  /** The last symbol of the page before. */
  cursor?: string | undefined;
}

/** What a person asks of the ledger: its trades, the positions that they add up to, and to halt trading. */
export class Ledger {
  readonly #trades: mongo.Collection<TradeDocument>;
  readonly #books: mongo.Collection<BookDocument>;
  readonly #account: mongo.Collection<AccountDocument>;
  readonly #invoker: LambdaInvoker;

  constructor(app: ActionApp, invoker: LambdaInvoker) {
    const db = app.ActionModel.db.db!;
    this.#trades = db.collection('trades', DECIDING);
    this.#books = db.collection('books', DECIDING);
    this.#account = db.collection('books', DECIDING);
    this.#invoker = invoker;
  }

  /** The newest first. */
  async trades({
    symbol,
    from,
    to,
    limit,
    cursor,
  }: TradeQuery): Promise<{ trades: TradeAnswer[]; cursor: string | null }> {
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

  /** Those whose keys begin so and go on without a `/`, by symbol. */
  async tradesUnder(prefix: string): Promise<Map<string, TradeAnswer>> {
    const found = await this.#trades.find({ _id: { $gte: prefix, $lt: `${prefix}\u{10ffff}` } }).toArray();
    const own = found.filter(({ _id }) => !_id.slice(prefix.length).includes('/'));
    return new Map(own.map((trade) => [trade.symbol, toTrade(trade)]));
  }

  /**
   * Each symbol that was ever traded, by name: what its book says, whatever the number of its trades. The price is null if
   * the market has none now.
   */
  async positions({
    symbols,
    limit,
    cursor,
  }: PositionQuery): Promise<{ positions: PositionAnswer[]; cursor: string | null }> {
    const books = await this.#books
      .find({
        _id: {
          ...(symbols ? { $in: symbols } : { $ne: ACCOUNT }),
          ...(cursor !== undefined && { $gt: cursor }),
        },
        // A book without a trade is of a symbol whose orders were refused.
        'position.lastPrice': { $gt: 0 },
      })
      .project<BookDocument>({ position: 1 })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .toArray();
    const page = books.slice(0, limit);
    const positions = await inParallel(page, (book) => this.#position(book));
    return { positions, cursor: books.length > limit ? page.at(-1)!._id : null };
  }

  async halt(note: string | undefined): Promise<{ since: string; note?: string }> {
    const halted = { since: new Date(), ...(note !== undefined && { note }) };
    const stands = await halt(this.#account, halted);
    return { ...stands, since: stands.since.toISOString() };
  }

  unhalt(): Promise<void> {
    return unhalt(this.#account);
  }

  async #position({ _id: symbol, position: stored }: BookDocument): Promise<PositionAnswer> {
    const position = toPosition(stored);
    const { qty, averageCost, realized } = position;
    const price = qty.isZero() ? undefined : await priceNow(this.#invoker, symbol).catch(() => undefined);
    const open = price === undefined ? undefined : unrealized(position, price);
    return {
      symbol,
      qty: qty.toFixed(),
      averageCost: dollars(averageCost),
      realized: dollars(realized),
      price: price ?? null,
      unrealized: qty.isZero() ? '0.00' : open ? dollars(open) : null,
    };
  }
}

function toTrade({ _id, symbol, type, qty, price, timestamp }: TradeDocument): TradeAnswer {
  return {
    id: _id,
    symbol,
    type,
    qty: new Money(qty.toString()).toFixed(),
    price: price.toString(),
    timestamp: timestamp.toISOString(),
  };
}
