import type * as z from 'zod';
import { checkStockPrice } from '../../functions/contracts/check-stock-price.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';
import type { LambdaInvoker } from './lambda-invoker.ts';

export class CheckStockPriceAction extends InvokeFunctionAction<typeof checkStockPrice> {
  static override permanentRef = 'check-stock-price';
  override readonly isRead = true;
  declare IArgument: { symbol: string; at: string };
  /** Runs of an earlier release have no `as_of`. */
  declare IResult: { stockPrice: { stock_price: string; as_of?: string; recent_prices?: string[] } };
  readonly contract = checkStockPrice;

  protected toRequest() {
    return this.argument;
  }

  protected toResult({ recent_prices, ...stockPrice }: z.output<typeof checkStockPrice.response>) {
    return { stockPrice: { ...stockPrice, ...(recent_prices && { recent_prices }) } };
  }
}

/** The price of a symbol now: decimal string in dollars. For display; a run records its price as a step. */
export async function priceNow(invoker: LambdaInvoker, symbol: string): Promise<string> {
  return (await invoker.invoke(checkStockPrice, { symbol })).stock_price;
}
