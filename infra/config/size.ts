import * as z from 'zod';
import { ConfigError, shown } from './config-error.ts';
import { key, takesOf } from './key.ts';
import { dollars, flag, shares } from './values.ts';

/** How large an order is. */
export const sizeKeys = {
  quantity: key(shares().optional(), {
    does: 'shares in an order; `cdk.json` must set it, or `orderValue`',
    replaces: ['orderValue'],
    variable: 'QUANTITY',
    toVariable: (quantity) => quantity,
  }),
  orderValue: key(dollars().optional(), {
    does: 'takes the place of `quantity`: an order has as many shares as this buys at the price on which it is decided, rounded down',
    replaces: ['quantity'],
    variable: 'ORDER_VALUE',
    toVariable: (value) => value,
  }),
  fractionalShares: key(flag().default(false), {
    does: 'with `orderValue`: `true` orders parts of a share, to nine decimals',
    variable: 'FRACTIONAL_SHARES',
    toVariable: (isFractional) => (isFractional ? 'true' : undefined),
  }),
};

/** One of both keys decides, so that no order has two sizes. */
export function assertSize({
  quantity,
  orderValue,
  fractionalShares,
}: z.output<z.ZodObject<typeof sizeKeys>>): void {
  if (quantity !== undefined && orderValue !== undefined) {
    throw new ConfigError([
      `quantity is ${shown('quantity', quantity)} and orderValue is ${shown('orderValue', orderValue)}, expected one of them`,
    ]);
  }
  if (quantity === undefined && orderValue === undefined) {
    throw new ConfigError([
      `quantity is not set, expected ${takesOf(sizeKeys.quantity)}; or orderValue, ${takesOf(sizeKeys.orderValue)}`,
    ]);
  }
  if (fractionalShares && orderValue === undefined) {
    throw new ConfigError(['fractionalShares is true, expected orderValue with it']);
  }
}
