import type { Decimal128 } from 'mongodb';
import type { StoredPosition } from '../contracts/ledger.ts';
import type { TradeType } from '../contracts/stock.ts';
import { Money } from '../shared/money.ts';

/** One trade; `qty` in shares and `price` in dollars a share, as decimal strings. */
export interface Trade {
  symbol: string;
  type: TradeType;
  qty: string;
  price: string;
}

/** What the trades of a symbol add up to, in decimals of 34 digits. A short position has a negative quantity. */
export interface Position {
  qty: Money;
  /** What was paid for a share of the position, or got for one that was sold short. */
  averageCost: Money;
  /** Profit of what was bought and sold again, or the other way round. */
  realized: Money;
  lastPrice: Money;
}

const none = new Money(0);
export const noPosition: Position = { qty: none, averageCost: none, realized: none, lastPrice: none };

/** Shares that a trade adds to a position. */
export const signed = (type: TradeType, qty: Money | string): Money =>
  type === 'buy' ? new Money(qty) : new Money(qty).neg();

/** The position after one more trade, by the method of average cost. */
export function afterTrade(
  { qty: held, averageCost, realized }: Position,
  { type, qty, price }: Pick<Trade, 'type' | 'qty' | 'price'>,
): Position {
  const lastPrice = new Money(price);
  const change = signed(type, qty);
  const after = held.plus(change);
  if (held.isZero() || held.isNeg() === change.isNeg()) {
    const cost = averageCost.times(held.abs()).plus(lastPrice.times(qty));
    return { qty: after, averageCost: cost.div(after.abs()), realized, lastPrice };
  }
  const closed = Money.min(held.abs(), qty);
  const gain = lastPrice.minus(averageCost).times(closed);
  const isTurned = !after.isZero() && after.isNeg() !== held.isNeg();
  const cost = after.isZero() ? none : isTurned ? lastPrice : averageCost;
  return {
    qty: after,
    averageCost: cost,
    realized: held.isNeg() ? realized.minus(gain) : realized.plus(gain),
    lastPrice,
  };
}

/** What the position would bring beyond its cost, were it closed at a price. */
export function unrealized({ qty, averageCost }: Position, price: string): Money {
  return new Money(price).minus(averageCost).times(qty);
}

export function toPosition({ qty, averageCost, realized, lastPrice }: StoredPosition): Position {
  const money = (stored: Decimal128) => new Money(stored.toString());
  return {
    qty: money(qty),
    averageCost: money(averageCost),
    realized: money(realized),
    lastPrice: money(lastPrice),
  };
}
