import { dollars, Money } from '../shared/money.ts';
import * as z from 'zod';
import type { Refusal } from '../contracts/trade.ts';
import type { MarketOrder } from '../market/market.ts';
import { dayOf, type Book } from './book.ts';

const shares = z.int().min(1).optional();
const amount = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .optional();

/** The limits of an order, by the keys of the configuration. A key that is not set has no limit. Amounts are in dollars. */
const limits = z.strictObject({
  maxOrderQuantity: shares,
  maxOrderValue: amount,
  maxDailyQuantity: shares,
  maxDailyValue: amount,
  maxPosition: shares,
  allowShortSelling: z.boolean().default(true),
  maxPriceAgeMinutes: z.int().min(1).optional(),
  maxPriceMovePercent: amount,
  /** In which a day begins and ends. */
  timeZone: z.string().default('UTC'),
});
export type Limits = z.infer<typeof limits>;

/** The limits in the variable `LIMITS`; without the variable, nothing is limited. */
export function readLimits(text: string | undefined): Limits {
  if (text === undefined) return limits.parse({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('The environment variable LIMITS is not JSON. The stack sets it, so deploy it again.');
  }
  const parsed = limits.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ');
  throw new Error(
    `The environment variable LIMITS is not valid: ${problems}. The stack sets it, so deploy it again.`,
  );
}

/** An order, and what its limits need to know. */
export interface Asked extends MarketOrder {
  /** When the market had the price, if the order says so. */
  pricedAt: Date | undefined;
}

export interface Circumstances {
  now: Date;
  /** The market's price now: decimal string in dollars. Needed if the price's move is limited. */
  priceNow: string | undefined;
}

/**
 * The first limit that an order would break, if there is one.
 *
 * Orders that were let through and whose trades are not known yet count as if they were filled, so that orders at the
 * same moment can't together exceed a limit. They never count in an order's favour: a sale under way makes no room for a
 * purchase, and a purchase under way covers no sale.
 */
export function brokenLimit(
  limits: Limits,
  order: Asked,
  book: Book,
  { now, priceNow }: Circumstances,
): Refusal | undefined {
  const { type, qty, price, symbol } = order;
  const value = new Money(price).times(qty);
  const underWay = book.decisions.filter(({ refusal }) => refusal === undefined);
  const sharesUnderWay = (kind: MarketOrder['type']) =>
    underWay.reduce((sum, each) => (each.type === kind ? sum + each.qty : sum), 0);

  const { maxOrderQuantity, maxOrderValue, maxDailyQuantity, maxDailyValue, maxPosition } = limits;
  if (maxOrderQuantity !== undefined && qty > maxOrderQuantity) {
    return broken('order-quantity', `an order of ${qty} shares`, `${maxOrderQuantity} shares in an order`);
  }
  if (maxOrderValue !== undefined && value.gt(maxOrderValue)) {
    return broken(
      'order-value',
      `an order of ${dollars(value)} dollars`,
      `${maxOrderValue} dollars in an order`,
    );
  }

  const isToday = book.day.date === dayOf(now, limits.timeZone);
  const qtyToday = (isToday ? book.day.qty : 0) + sharesUnderWay('buy') + sharesUnderWay('sell') + qty;
  if (maxDailyQuantity !== undefined && qtyToday > maxDailyQuantity) {
    return broken(
      'daily-quantity',
      `${qtyToday} shares of ${symbol} today`,
      `${maxDailyQuantity} shares a day`,
    );
  }
  const valueToday = underWay.reduce(
    (sum, each) => sum.plus(each.value.toString()),
    value.plus(isToday ? book.day.value.toString() : 0),
  );
  if (maxDailyValue !== undefined && valueToday.gt(maxDailyValue)) {
    return broken(
      'daily-value',
      `${dollars(valueToday)} dollars of ${symbol} today`,
      `${maxDailyValue} dollars a day`,
    );
  }

  const held =
    type === 'buy' ? book.position + sharesUnderWay('buy') : book.position - sharesUnderWay('sell');
  const after = type === 'buy' ? held + qty : held - qty;
  if (!limits.allowShortSelling && type === 'sell' && after < 0) {
    return refusal(
      'short-selling',
      `${held} shares of ${symbol} are there to be sold, and the order is of ${qty}`,
    );
  }
  // Only on the order's own side: what makes a position smaller is never in its way.
  const extent = type === 'buy' ? after : -after;
  if (maxPosition !== undefined && extent > maxPosition) {
    return broken('position', `a position of ${after} ${symbol}`, `${maxPosition} either way`);
  }
  return priceProblem(limits, order, now, priceNow);
}

/** Whether a price is too old to trade at, or is no longer the market's. */
function priceProblem(
  { maxPriceAgeMinutes, maxPriceMovePercent }: Limits,
  { price, pricedAt }: Asked,
  now: Date,
  priceNow: string | undefined,
): Refusal | undefined {
  if (maxPriceAgeMinutes !== undefined) {
    if (!pricedAt) return refusal('price-age', 'the order does not say when its price was the market’s');
    const minutes = new Money(now.getTime() - pricedAt.getTime()).div(60_000);
    if (minutes.gt(maxPriceAgeMinutes)) {
      return broken(
        'price-age',
        `a price of ${minutes.toFixed(1)} minutes ago`,
        `${maxPriceAgeMinutes} minutes`,
      );
    }
  }
  if (maxPriceMovePercent !== undefined && priceNow !== undefined) {
    const move = new Money(priceNow).minus(price).abs().div(price).times(100);
    if (move.gt(maxPriceMovePercent)) {
      const moved = `a price that went from ${price} to ${priceNow}, by ${move.toFixed(2)} %,`;
      return broken('price-move', moved, `${maxPriceMovePercent} %`);
    }
  }
  return undefined;
}

function broken(limit: string, what: string, allowed: string): Refusal {
  return refusal(limit, `${what} would be above the limit of ${allowed}`);
}

export function refusal(limit: string, refused: string): Refusal {
  return { refused, limit };
}
