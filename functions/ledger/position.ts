import type { TradeType } from '../contracts/stock.ts';
import { Money } from '../shared/money.ts';

/** One trade, as the ledger holds it; `price` in dollars a share, as a decimal string. */
export interface Trade {
  symbol: string;
  type: TradeType;
  qty: number;
  price: string;
}

/** What the trades of a symbol add up to, in decimals of 40 digits. A short position has a negative quantity. */
export interface Position {
  symbol: string;
  qty: number;
  /** What was paid for a share of the position, or got for one that was sold short. */
  averageCost: Money;
  /** Profit of what was bought and sold again, or the other way round. */
  realized: Money;
  lastPrice: string;
}

/** The position after one more trade, by the method of average cost. */
export function afterTrade(before: Position | undefined, { symbol, type, qty, price }: Trade): Position {
  const { qty: held, averageCost, realized } = before ?? blank;
  const change = type === 'buy' ? qty : -qty;
  const after = held + change;
  if (held === 0 || Math.sign(held) === Math.sign(change)) {
    const cost = averageCost.times(Math.abs(held)).plus(new Money(price).times(qty));
    return { symbol, qty: after, averageCost: cost.div(Math.abs(after)), realized, lastPrice: price };
  }
  const closed = Math.min(Math.abs(held), qty);
  const gain = new Money(price).minus(averageCost).times(closed).times(Math.sign(held));
  const isTurned = Math.sign(after) === -Math.sign(held);
  const cost = after === 0 ? new Money(0) : isTurned ? new Money(price) : averageCost;
  return { symbol, qty: after, averageCost: cost, realized: realized.plus(gain), lastPrice: price };
}

const blank = { qty: 0, averageCost: new Money(0), realized: new Money(0) };

/** What the position would bring beyond its cost, were it closed at a price. */
export function unrealized({ qty, averageCost }: Position, price: string): Money {
  return new Money(price).minus(averageCost).times(qty);
}
