import * as z from 'zod';
import { idempotencyKey } from './text.ts';

/** A ticker symbol as exchanges write it: `AMZN`, `BRK.B`, `7203.T`, `BTC/USD`; small letters are made capitals. */
export const stockSymbol = z
  .string()
  .regex(
    /^(?=.{1,10}$)[A-Za-z0-9][A-Za-z0-9.-]*(\/[A-Za-z0-9]+)?$/,
    'a symbol is 1 to 10 letters, digits, "." or "-", with one "/" in a pair, such as AMZN, BRK.B or BTC/USD',
  )
  .toUpperCase();

/** Whether it may be a US stock: not a pair of currencies, and not a symbol of another exchange, such as `7203.T`. */
export const isUsStock = (symbol: string): boolean => /^[A-Z][^/]*$/.test(symbol);

/** An exact positive amount of dollars, as a decimal string of at most four decimals. */
export const price = z
  .string('a price is a decimal string such as "101.25"; a JSON number would be a float')
  .regex(
    /^(?=.*[1-9])(0|[1-9]\d{0,11})(\.\d{1,4})?$/,
    'a price is a positive decimal string such as "101.25"',
  );

/** The most prices in a request or an answer. */
export const MOST_PRICES = 1_000;

/** The closes of finished bars, oldest first; adjusted for splits. */
export const recentPrices = z.array(price).max(MOST_PRICES);

/** How many of the recent prices, counted from the newest, no earlier decision has seen. */
export const newPrices = z.int().min(0).max(MOST_PRICES);

/** The average price of a share, if an order was filled in parts: a decimal string with the decimals that it has. */
const averagePrice = z.string().regex(/^\d+(\.\d+)?$/, 'a price is a decimal string such as "101.25"');

const wholeShares = z.int().min(1).max(1_000_000).transform(String);
export const decimalShares = z
  .string()
  .regex(/^(?=.*[1-9])(0|[1-9]\d{0,6})(\.\d{1,9})?$/)
  .transform((text) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text));

/**
 * Shares: a positive decimal string of up to nine decimals, without zeros at its end. A whole number may be a JSON number.
 */
export const quantity = z.union([decimalShares, wholeShares], {
  error: 'a quantity is a positive decimal string of shares such as "3" or "0.25", of at most nine decimals',
});

export const tradeType = z.enum(['buy', 'sell']);
export type TradeType = z.infer<typeof tradeType>;

/** What a strategy recommends. */
export const recommendation = z.enum([...tradeType.options, 'hold']);
export type Recommendation = z.infer<typeof recommendation>;

/** An instant, ISO 8601 in UTC. */
export const instant = z.iso.datetime({
  error: 'an instant is an ISO 8601 time in UTC, such as "2026-01-05T14:30:00Z"',
});

/** A trade as the ledger holds it, whatever the market filled; `id` is the idempotency key under which it was made. */
export const stockTransaction = z.object({
  id: idempotencyKey,
  symbol: stockSymbol,
  price: averagePrice,
  type: tradeType,
  qty: z.string().regex(/^\d+(\.\d+)?$/),
  timestamp: z.iso.datetime(),
});
export type StockTransaction = z.infer<typeof stockTransaction>;

/** The contract of one Lambda: what it takes and what it answers. */
export interface FunctionContract<
  Request extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly name: string;
  readonly request: Request;
  readonly response: Response;
}
