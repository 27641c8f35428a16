import * as z from 'zod';
import { Money } from '../../shared/money.ts';
import type { Holding, OpenOrder } from '../market.ts';

const STOCK = 'us_equity';

/** Orders and positions may be of options and crypto, whose members are others; what is not of stocks is not read. */
const isStock = ({ assetClass }: { assetClass?: string | undefined }) =>
  assetClass === undefined || assetClass === STOCK;

const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'a decimal string');

/** https://docs.alpaca.markets/reference/getallopenpositions */
export const positions = z
  .array(z.looseObject({ assetClass: z.string().optional() }))
  .transform((all) => all.filter(isStock))
  .pipe(
    z.array(
      z.object({
        symbol: z.string().min(1),
        qty: z.string().regex(/^-?\d+(\.\d+)?$/, 'a decimal string of shares'),
        side: z.enum(['long', 'short']),
        avgEntryPrice: decimal,
      }),
    ),
  )
  .refine((all) => all.every(({ qty, side }) => side === 'short' || !qty.startsWith('-')), {
    error: 'a long position has a negative quantity',
  })
  .refine((all) => new Set(all.map(({ symbol }) => symbol)).size === all.length, {
    error: 'a symbol has two positions',
  });

/** A short position is negative, whether its quantity has a sign or not. */
export function toHoldings(all: z.output<typeof positions>): Holding[] {
  return all.map(({ symbol, qty, side, avgEntryPrice }) => {
    const shares = new Money(qty).abs();
    const signed = side === 'short' ? shares.neg() : shares;
    return { symbol, qty: signed.toFixed(), averagePrice: avgEntryPrice };
  });
}

/** https://docs.alpaca.markets/reference/getallorders; an order of several legs has neither a symbol nor a side. */
export const openOrders = z.array(
  z.object({
    id: z.string().min(1),
    clientOrderId: z.string(),
    assetClass: z.string().optional(),
    symbol: z.string().nullish(),
    side: z.string().nullish(),
    qty: decimal.nullish(),
    status: z.string(),
  }),
);

export function toOpenOrders(all: z.output<typeof openOrders>): OpenOrder[] {
  return all.filter(isStock).flatMap(({ id, clientOrderId: key, symbol, side, qty, status }) => {
    const isRead = typeof symbol === 'string' && (side === 'buy' || side === 'sell');
    return isRead ? [{ id, key, symbol, type: side, qty: qty ?? undefined, status }] : [];
  });
}
