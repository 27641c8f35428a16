import * as z from 'zod';
import { idempotencyKey, price, quantity, stockSymbol, stockTransaction } from './stock.ts';

const order = z.strictObject({ symbol: stockSymbol, stock_price: price, qty: quantity, idempotencyKey });
export type Order = z.infer<typeof order>;

/** One order, carried out once for its idempotency key; the answer is the trade that the ledger holds. */
export const buyStock = { name: 'buy-stock', request: order, response: stockTransaction };
export const sellStock = { name: 'sell-stock', request: order, response: stockTransaction };
