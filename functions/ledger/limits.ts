import * as z from 'zod';
import { quantity, type TradeType } from '../contracts/stock.ts';
import type { Refusal } from '../contracts/trade.ts';
import { dollars, Money } from '../shared/money.ts';
import type { Book } from './book.ts';
import { dayOf } from './day.ts';
import { isUnderWay, type BookOrder } from './order.ts';
import { signed } from './position.ts';

const shares = z.union([quantity, z.int().min(1).transform(String)]).optional();
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
  /** Of all symbols together. */
  maxGrossExposure: amount,
  maxDailyLoss: amount,
  maxDailyOrders: z.int().min(1).optional(),
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

export const limitsAccount = ({ maxGrossExposure, maxDailyLoss, maxDailyOrders }: Limits): boolean =>
  [maxGrossExposure, maxDailyLoss, maxDailyOrders].some((limit) => limit !== undefined);

/** An order, as it is asked for. */
export interface Asked {
  /** The idempotency key. */
  key: string;
  type: TradeType;
  symbol: string;
  /** Shares: a decimal string. */
  qty: string;
  /** The price on which the order was decided: decimal string in dollars. */
  price: string;
  /** When the market had the price, if the order says so. */
  pricedAt: Date | undefined;
  /** A way out: all that is on its side of the book. Neither a halt nor a limit stands in its way. */
  isExit?: true;
}

/** A way out that is asked for: of how many shares is for the book to say. */
export type Exit = Pick<Asked, 'key' | 'type' | 'symbol'> & { isExit: true };

/** What refuses a way out where there is nothing on its side. */
export const NOTHING_HELD = 'nothing-held';

export interface Circumstances {
  now: Date;
  /** The market's price now: decimal string in dollars. Needed if the price's move is limited. */
  priceNow: string | undefined;
}

/**
 * How many of the shares that are to be sold are there, if no more may be sold than are held: what was bought in part can
 * be sold in part.
 */
export function sharesToSell(
  { allowShortSelling }: Limits,
  { type, qty, key, isExit }: Asked,
  book: Book,
): Money {
  const asked = new Money(qty);
  if (type === 'buy' || allowShortSelling || isExit) return asked;
  return Money.max(0, Money.min(asked, exposureOf(book, 'sell', key)));
}

/**
 * The first limit that an order would break, if there is one.
 *
 * Orders that were let go and whose outcome is not known yet count as if they were filled, so that orders at the same
 * moment can't together exceed a limit. They never count in an order's favour: a sale under way makes no room for a
 * purchase, and a purchase under way covers no sale. An order that only makes a position smaller is a way out: no limit
 * of size is in its way.
 */
export function brokenLimit(
  limits: Limits,
  order: Asked,
  book: Book,
  { now, priceNow }: Circumstances,
): Refusal | undefined {
  const { type, symbol, key } = order;
  const qty = sharesToSell(limits, order, book);
  if (qty.isZero()) {
    const held = exposureOf(book, 'sell', key).toFixed();
    return refusal(
      'short-selling',
      `${held} shares of ${symbol} are there to be sold, and the order is of ${order.qty}`,
    );
  }
  const after = exposureOf(book, type, key).plus(signed(type, qty));
  const broken = isWayOut(limits, order, book)
    ? undefined
    : sizeProblem(limits, { ...order, qty: qty.toFixed() }, book, after, now);
  return broken ?? priceProblem(limits, order, now, priceNow);
}

/** Whether an order only makes a position smaller. */
export function isWayOut(limits: Limits, order: Asked, book: Book): boolean {
  const { type, key } = order;
  const qty = sharesToSell(limits, order, book);
  const before = exposureOf(book, type, key);
  return !before.isZero() && before.isNeg() !== signed(type, qty).isNeg() && qty.lte(before.abs());
}

/** What is held, and what would be if all orders of one kind that are under way were filled. */
function exposureOf(book: Book, type: TradeType, without: string): Money {
  const held = new Money(book.position.qty.toString());
  return underWay(book, without)
    .filter((order) => order.type === type)
    .reduce((sum, { qty }) => sum.plus(signed(type, qty.toString())), held);
}

const underWay = (book: Book, without: string): BookOrder[] =>
  book.orders.filter((order) => isUnderWay(order) && order.key !== without);

function sizeProblem(
  limits: Limits,
  { type, qty: ordered, price, symbol, key }: Asked,
  book: Book,
  after: Money,
  now: Date,
): Refusal | undefined {
  const { maxOrderQuantity, maxOrderValue, maxDailyQuantity, maxDailyValue, maxPosition } = limits;
  const qty = new Money(ordered);
  const value = qty.times(price);
  if (maxOrderQuantity !== undefined && qty.gt(maxOrderQuantity)) {
    return broken(
      'order-quantity',
      `an order of ${ordered} shares`,
      `${maxOrderQuantity} shares in an order`,
    );
  }
  if (maxOrderValue !== undefined && value.gt(maxOrderValue)) {
    return broken(
      'order-value',
      `an order of ${dollars(value)} dollars`,
      `${maxOrderValue} dollars in an order`,
    );
  }

  const today = dayOf(now, limits.timeZone);
  // A day of another time zone, or of a clock that is ahead, counts too.
  const before = book.day.date >= today ? book.day : { qty: 0, value: 0 };
  const open = underWay(book, key).filter(({ day }) => day >= today);
  const qtyToday = open.reduce((sum, each) => sum.plus(each.qty.toString()), qty.plus(before.qty.toString()));
  if (maxDailyQuantity !== undefined && qtyToday.gt(maxDailyQuantity)) {
    return broken(
      'daily-quantity',
      `${qtyToday.toFixed()} shares of ${symbol} today`,
      `${maxDailyQuantity} shares a day`,
    );
  }
  const valueToday = open.reduce(
    (sum, { qty: shares, asked }) => sum.plus(new Money(asked.price.toString()).times(shares.toString())),
    value.plus(before.value.toString()),
  );
  if (maxDailyValue !== undefined && valueToday.gt(maxDailyValue)) {
    return broken(
      'daily-value',
      `${dollars(valueToday)} dollars of ${symbol} today`,
      `${maxDailyValue} dollars a day`,
    );
  }

  // Only on the order's own side: what makes a position smaller is never in its way.
  const extent = type === 'buy' ? after : after.neg();
  if (maxPosition !== undefined && extent.gt(maxPosition)) {
    return broken('position', `a position of ${after.toFixed()} ${symbol}`, `${maxPosition} either way`);
  }
  return undefined;
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
