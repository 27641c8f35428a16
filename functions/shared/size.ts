import { Money } from './money.ts';

/** How large an order is: so many shares, or as many as an amount buys. Decimal strings. */
export type OrderSize =
  | { qty: string }
  | {
      /** Dollars. */
      orderValue: string;
      /** Whether parts of a share are ordered. */
      fractionalShares?: true;
    };

/** As many as a broker takes, and as the contracts of buy and sell have. */
const SHARE_DECIMALS = 9;

/** The shares of an order at the price on which it is decided, rounded down; `0` if the amount is too small for any. */
export function sharesAt(price: string, size: OrderSize): string {
  if ('qty' in size) return size.qty;
  const decimals = size.fractionalShares ? SHARE_DECIMALS : 0;
  // Amounts of 16 digits: a quotient that is not whole in nine decimals differs from one that is before its 34th digit.
  return new Money(size.orderValue).div(price).toDecimalPlaces(decimals, Money.ROUND_DOWN).toFixed();
}

/** Why an amount gives no order, and what to change. */
export function tooSmall(price: string, orderValue: string, fractionalShares: boolean): string {
  const what = `an order of ${orderValue} dollars is less than one share at ${price}`;
  if (fractionalShares) return `${what} to nine decimals; raise orderValue`;
  return `${what}; raise orderValue, or set fractionalShares=true`;
}
