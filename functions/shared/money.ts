import { Decimal } from 'decimal.js';

/** Decimals of 34 digits, as many as a Decimal128 of the store has, so that what is stored is what was computed. */
export const Money = Decimal.clone({ precision: 34 });
export type Money = InstanceType<typeof Money>;

/** An amount as text: with two decimals, or up to four if it has them. */
export function dollars(amount: Money): string {
  const rounded = amount.toDecimalPlaces(4);
  return rounded.toFixed(Math.max(2, rounded.decimalPlaces()));
}

/** A price as the contracts have it. */
export const inFourDecimals = (price: string): string => new Money(price).toDecimalPlaces(4).toFixed();
