import type { Decimal128 } from 'mongodb';
import type { StoredPosition } from '../contracts/ledger.ts';
import { Money } from '../shared/money.ts';
import type { Day } from './day.ts';
import { toDecimal128 } from './decimal.ts';
import { isUnderWay, type BookOrder } from './order.ts';

/**
 * What a book claims of the limits of its account. It is written with each change of the book, so that the account's total
 * is the sum of small documents.
 */
export interface Claim {
  /**
   * Dollars: the most shares that may be held or owed once what is under way is filled, at the highest price that is known
   * of them: that of the last trade, and those of the orders under way.
   */
  exposure: Decimal128;
  /** The same without the orders that are only decided. */
  firm: Decimal128;
  /** How many orders are only decided. */
  decided: number;
}

/** A book as far as it counts towards its account. */
export interface Claiming {
  claim: Claim;
  day: Day;
}

/** What books add up to. */
export interface Totals {
  /** Dollars that are held or owed, or may be once what is under way is filled. */
  exposure: Money;
  /** Orders of the day. */
  orders: number;
  /** Profit of the day; dollars. */
  realized: Money;
}

/** With the orders that are only decided, and without them. */
export function totalsOf(books: Claiming[], today: string): { all: Totals; firm: Totals } {
  const sum = { exposure: new Money(0), firm: new Money(0), orders: 0, decided: 0, realized: new Money(0) };
  for (const { claim, day } of books) {
    sum.exposure = sum.exposure.plus(claim.exposure.toString());
    sum.firm = sum.firm.plus(claim.firm.toString());
    sum.decided += claim.decided;
    // A day of another time zone, or of a clock that is ahead, counts too.
    if (day.date < today) continue;
    sum.orders += day.orders;
    sum.realized = sum.realized.plus(day.realized.toString());
  }
  const { exposure, firm, orders, decided, realized } = sum;
  return {
    all: { exposure, orders: orders + decided, realized },
    firm: { exposure: firm, orders, realized },
  };
}

export const plus = (one: Totals, other: Totals): Totals => ({
  exposure: one.exposure.plus(other.exposure),
  orders: one.orders + other.orders,
  realized: one.realized.plus(other.realized),
});

export function claimOf({ position, orders }: { position: StoredPosition; orders: BookOrder[] }): Claim {
  const underWay = orders.filter(isUnderWay);
  const letGo = underWay.filter(({ state }) => state === 'placed');
  return {
    exposure: toDecimal128(exposureOf(position, underWay)),
    firm: toDecimal128(exposureOf(position, letGo)),
    decided: underWay.length - letGo.length,
  };
}

function exposureOf({ qty, lastPrice }: StoredPosition, orders: BookOrder[]): Money {
  const held = new Money(qty.toString());
  const sharesOf = (type: BookOrder['type']) =>
    orders
      .filter((order) => order.type === type)
      .reduce((sum, order) => sum.plus(order.qty.toString()), new Money(0));
  const shares = Money.max(held.plus(sharesOf('buy')), sharesOf('sell').minus(held));
  const prices = orders.map(({ asked }) => asked.price.toString());
  return shares.times(Money.max(lastPrice.toString(), ...prices));
}
