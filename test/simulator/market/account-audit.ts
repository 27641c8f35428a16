import type { Book } from '../../../functions/ledger/book.ts';
import { isUnderWay, type BookOrder } from '../../../functions/ledger/order.ts';
import type { Limits } from '../../../functions/ledger/limits.ts';
import { Money } from '../../../functions/shared/money.ts';

/** An order may be filled at another price than it was decided on, and counts with that from then on. */
const SLACK = '1.1';

/** What the limits of an account allow, counted from what the books have, and not from what they claim. */
export class AccountAudit {
  readonly #limits: Limits;
  /** The keys that were let go on a day, and that needed room. */
  readonly #letGo = new Map<string, Set<string>>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Takes an order that is let go for the first time.
   *
   * @param books all of them, as they are with it
   * @returns the limit that is exceeded, in words
   */
  letGo(before: Book | undefined, order: BookOrder, books: Iterable<Book>): string | undefined {
    if (isWayOut(before, order)) return undefined;
    const { maxGrossExposure, maxDailyOrders } = this.#limits;
    const keys = this.#letGo.get(order.day) ?? new Set();
    this.#letGo.set(order.day, keys.add(order.key));
    if (maxDailyOrders !== undefined && keys.size > maxDailyOrders) {
      return `${keys.size} orders a day, with ${order.key}, and ${maxDailyOrders} may be`;
    }
    if (maxGrossExposure === undefined) return undefined;
    const all = Money.sum(0, ...Array.from(books, exposureOf));
    if (all.lte(new Money(maxGrossExposure).times(SLACK))) return undefined;
    return `${all.toFixed(2)} dollars, with ${order.key}, and ${maxGrossExposure} may be`;
  }
}

function isWayOut(book: Book | undefined, { key, type, qty }: BookOrder): boolean {
  const others = (book?.orders ?? []).filter((order) => isUnderWay(order) && order.key !== key);
  const sameSide = others.filter((order) => order.type === type).map((order) => order.qty.toString());
  const held = new Money(book?.position.qty.toString() ?? 0);
  const left = (type === 'sell' ? held : held.neg()).minus(Money.sum(0, ...sameSide));
  return left.gt(0) && left.gte(qty.toString());
}

/** Dollars, at the price of the last trade, or at those of the orders where it has not been traded. */
function exposureOf({ position, orders }: Book): Money {
  const letGo = orders.filter(({ state }) => state === 'placed');
  const value = ({ qty, asked }: BookOrder) => new Money(qty.toString()).times(asked.price.toString());
  const of = (type: BookOrder['type']) =>
    Money.sum(0, ...letGo.filter((order) => order.type === type).map(value));
  const held = new Money(position.qty.toString()).times(position.lastPrice.toString());
  return Money.max(held.plus(of('buy')), of('sell').minus(held));
}
