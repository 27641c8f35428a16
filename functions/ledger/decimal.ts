import { Decimal128 } from 'mongodb';
import { Money } from '../shared/money.ts';

/** Exact, and never in the notation with an exponent that large values would have. */
export function toDecimal128(value: Money | string): Decimal128 {
  return Decimal128.fromString(new Money(value).toFixed());
}
