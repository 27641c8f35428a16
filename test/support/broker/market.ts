import { Money } from '../../../functions/shared/money.ts';
import type { Calendar } from './calendar.ts';
import { instantOf } from './new-york.ts';
import type { Asset, Dividend, Instant, Split } from './types.ts';

export interface MarketOptions {
  assets: Asset[];
  price: (symbol: string, at: Instant) => string;
  splits?: Split[];
  dividends?: Dividend[];
}

/** What trades at what price. */
export class Market {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly splits: readonly Split[];
  readonly dividends: readonly Dividend[];
  readonly #price: MarketOptions['price'];
  readonly #calendar: Calendar;

  constructor({ assets, price, splits = [], dividends = [] }: MarketOptions, calendar: Calendar) {
    this.assets = new Map(assets.map((asset) => [asset.symbol, asset]));
    this.splits = splits;
    this.dividends = dividends;
    this.#price = price;
    this.#calendar = calendar;
  }

  /** The price at which a share trades at an instant, in four decimals at most. */
  price(symbol: string, at: Instant): Money {
    const shares = this.sharesOfOne(symbol, 0, at);
    return new Money(this.#price(symbol, at)).div(shares).toDecimalPlaces(4);
  }

  /** A stock that is halted has no trades. */
  trades(symbol: string, at: Instant): boolean {
    return at <= (this.assets.get(symbol)?.haltedAt ?? Infinity);
  }

  /** The newest trade: of now, or of when the market was open last, or of before the halt. */
  lastTrade(symbol: string, now: Instant): { at: Instant; price: Money } {
    const at = Math.min(this.#calendar.lastOpen(now), this.assets.get(symbol)?.haltedAt ?? Infinity);
    return { at, price: this.price(symbol, at) };
  }

  /** How many shares one share has become by the splits after `from` and until `to`. */
  sharesOfOne(symbol: string, from: Instant, to: Instant): Money {
    return this.splits
      .filter((split) => split.symbol === symbol)
      .filter(({ exDate }) => from < instantOf(exDate) && instantOf(exDate) <= to)
      .reduce((shares, { newRate, oldRate }) => shares.times(newRate).div(oldRate), new Money(1));
  }

  /** What the dividends after `from` and until `to` leave of a price of before. */
  shareAfterDividends(symbol: string, from: Instant, to: Instant): Money {
    return this.dividends
      .filter((dividend) => dividend.symbol === symbol)
      .filter(({ exDate }) => from < instantOf(exDate) && instantOf(exDate) <= to)
      .reduce((left, { exDate, rate }) => {
        const before = this.price(symbol, this.#calendar.lastOpen(instantOf(exDate) - 1));
        return left.times(new Money(1).minus(new Money(rate).div(before)));
      }, new Money(1));
  }
}
