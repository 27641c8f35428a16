import * as z from 'zod';
import { instant, price, quantity, stockSymbol, stockTransaction } from './stock.ts';
import { idempotencyKey } from './text.ts';

/** `priced_at` is when the market had the price on which the order was decided. */
const order = z.strictObject({
  symbol: stockSymbol,
  stock_price: price,
  qty: quantity,
  priced_at: instant.optional(),
  idempotencyKey,
});
export type Order = z.infer<typeof order>;

/** An order that was not placed, and the limit or rule of the market that refused it. This is not an error. */
export const refusal = z.object({ refused: z.string(), limit: z.string() });
export type Refusal = z.infer<typeof refusal>;

/**
 * An order of all that the book has of a symbol: a sale of what is held, a purchase of what is owed. It is a way out, which
 * neither a halt nor a limit stands in the way of; it has no price, because it is made at whatever the market gives.
 */
const exit = z.strictObject({ symbol: stockSymbol, flatten: z.literal(true), idempotencyKey });
export type ExitRequest = z.infer<typeof exit>;

/** The answer to a check of an order that is within its limits now. */
const allowance = z.object({ allowed: z.literal(true) });
export type Allowance = z.infer<typeof allowance>;

const answer = z.union([stockTransaction, refusal]);
const checkOnly = order.extend({ check_only: z.literal(true) });

/** One order, placed once for its idempotency key. The answer is the trade in the ledger, or why there was no trade. */
export const buyStock = { name: 'buy-stock', request: order, response: answer };
export const sellStock = { name: 'sell-stock', request: order, response: answer };

/** A position closed, once for its idempotency key; where nothing is on that side, `nothing-held` refuses it. */
export const sellAll = { name: 'sell-stock', request: exit, response: answer };
export const buyBack = { name: 'buy-stock', request: exit, response: answer };

const verdict = z.union([allowance, refusal]);

/** Whether the limits would let an order through; nothing is traded. */
export const checkBuy = { name: 'buy-stock', request: checkOnly, response: verdict };
export const checkSell = { name: 'sell-stock', request: checkOnly, response: verdict };

/** All that the functions take and answer. */
const both = {
  request: z.discriminatedUnion('flatten', [
    order.extend({ check_only: z.literal(true).optional(), flatten: z.undefined().optional() }),
    exit,
  ]),
  response: z.union([answer, allowance]),
};
export const buyOrCheck = { name: 'buy-stock', ...both };
export const sellOrCheck = { name: 'sell-stock', ...both };
