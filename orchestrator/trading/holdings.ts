import type { ActionApp } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import { ACCOUNT, type BookDocument } from '../../functions/contracts/ledger.ts';
import type { TradeType } from '../../functions/contracts/stock.ts';
import { signed } from '../../functions/ledger/position.ts';
import { Money } from '../../functions/shared/money.ts';
import { DECIDING } from '../durable/collections.ts';

/** What the book of a symbol has that is not over. */
export interface Holding {
  symbol: string;
  /** Shares that are held, or owed if negative. */
  qty: Money;
  /** Orders that may still be filled. */
  open: number;
  /** What closes it; undefined if there is nothing to close. */
  exit: TradeType | undefined;
}

type StoredBook = Pick<BookDocument, '_id' | 'position' | 'orders'>;

/** What is held, owed and under way, by the books. */
export class Holdings {
  readonly #books: mongo.Collection<StoredBook>;

  constructor(app: ActionApp) {
    this.#books = app.ActionModel.db.db!.collection('books', DECIDING);
  }

  /** By symbol; without `symbols`, all that there is. Symbols with nothing are not in it. */
  async read(symbols?: string[]): Promise<Map<string, Holding>> {
    const books = await this.#books
      .find({
        _id: symbols ? { $in: symbols } : { $ne: ACCOUNT },
        $or: [{ 'position.qty': { $ne: 0 } }, { 'orders.state': 'placed' }],
      })
      .project<StoredBook>({ position: 1, orders: 1 })
      .sort({ _id: 1 })
      .toArray();
    return new Map(books.map((book) => [book._id, toHolding(book)]));
  }
}

function toHolding({ _id: symbol, position, orders }: StoredBook): Holding {
  const qty = new Money(position.qty.toString());
  const open = orders.filter(({ state }) => state === 'placed');
  const after = open.reduce((sum, order) => sum.plus(signed(order.type, order.qty.toString())), qty);
  const extent = after.isZero() ? qty : after;
  const exit = extent.isZero() && open.length === 0 ? undefined : extent.isNeg() ? 'buy' : 'sell';
  return { symbol, qty, open: open.length, exit };
}
