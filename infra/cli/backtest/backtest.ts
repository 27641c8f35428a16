import type { TradeType } from '../../../functions/contracts/stock.ts';
import { Money } from '../../../functions/shared/money.ts';
import { sharesAt, type OrderSize } from '../../../functions/shared/size.ts';
import { recommend, type Strategy } from '../../../functions/strategies/strategy.ts';
import type { PricePoint } from './prices.ts';

export interface BacktestOptions {
  strategy: Strategy;
  /** Dollars at the start, decimal string. */
  cash: string;
  /** Of each order. */
  size: OrderSize;
}

export interface BacktestTrade extends PricePoint {
  type: TradeType;
  qty: string;
}

/** The outcome of a backtest. */
export interface Backtest {
  trades: BacktestTrade[];
  /** Recommendations without an order: not enough cash, nothing to sell, or less than a share. */
  skipped: { noCash: number; noShares: number; tooSmall: number };
  /** Cash plus the value of the shares, after each price. */
  equity: Money[];
  cash: Money;
  shares: Money;
  /** The profit as a fraction of the cash at the start. */
  returned: Money;
  /** The largest fall of the equity from an earlier maximum, as a fraction of that maximum. */
  drawdown: Money;
}

/**
 * Applies a strategy to prices, each of them the close of a bar that has just ended. Each recommendation is an order that
 * is filled at once, at that close; it never sells more than is held.
 */
export function backtest(prices: PricePoint[], { strategy, cash: begin, size }: BacktestOptions): Backtest {
  const trades: BacktestTrade[] = [];
  const skipped = { noCash: 0, noShares: 0, tooSmall: 0 };
  const equity: Money[] = [];
  let cash = new Money(begin);
  let shares = new Money(0);
  let highest = cash;
  let drawdown = new Money(0);
  prices.forEach((point, index) => {
    const closes = prices.slice(Math.max(0, index - strategy.looksBack), index + 1).map(({ price }) => price);
    const recommended = recommend(strategy, { price: point.price, closes, fresh: 1 });
    const isBuy = recommended === 'buy';
    const whole = new Money(sharesAt(point.price, size));
    const qty = isBuy ? whole : Money.min(whole, shares);
    const value = new Money(point.price).times(qty);
    if (recommended !== 'hold' && whole.isZero()) skipped.tooSmall += 1;
    else if (isBuy && cash.lt(value)) skipped.noCash += 1;
    else if (recommended === 'sell' && qty.isZero()) skipped.noShares += 1;
    else if (recommended !== 'hold') {
      cash = isBuy ? cash.minus(value) : cash.plus(value);
      shares = isBuy ? shares.plus(qty) : shares.minus(qty);
      trades.push({ ...point, type: recommended, qty: qty.toFixed() });
    }
    const worth = cash.plus(new Money(point.price).times(shares));
    equity.push(worth);
    highest = Money.max(highest, worth);
    drawdown = Money.max(drawdown, highest.minus(worth).div(highest));
  });
  const returned = equity.at(-1)!.minus(begin).div(begin);
  return { trades, skipped, equity, cash, shares, returned, drawdown };
}
