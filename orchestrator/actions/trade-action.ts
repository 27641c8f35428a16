import type { StockTransaction } from '../../functions/contracts/stock.ts';
import type { buyStock, Refusal, sellStock } from '../../functions/contracts/trade.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';

/**
 * Places one order, at most once for its idempotency key.
 *
 * Buying and selling share the key: a run that starts again because its record has expired, and that now would
 * trade the other way, is refused by the ledger, which names the trade that was made.
 */
export abstract class TradeAction extends InvokeFunctionAction<typeof buyStock | typeof sellStock> {
  static override idempotencyScope = 'trade';
  /** `pricedAt` is when the market had the price; runs of an earlier release have none. */
  declare IArgument: { symbol: string; price: string; qty: string; pricedAt?: string };
  declare IResult: { stockData: StockTransaction | Refusal };

  protected toRequest() {
    return toOrder(this.argument);
  }

  protected toResult(stockData: StockTransaction | Refusal) {
    return { stockData };
  }
}

export function toOrder({ symbol, price, qty, pricedAt }: TradeAction['IArgument']) {
  return { symbol, stock_price: price, qty, ...(pricedAt !== undefined && { priced_at: pricedAt }) };
}
