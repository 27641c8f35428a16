import type * as z from 'zod';
import { checkStockPrice } from '../../functions/contracts/check-stock-price.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';
import type { LambdaInvoker } from './lambda-invoker.ts';

export class CheckStockPriceAction extends InvokeFunctionAction<typeof checkStockPrice> {
  static override permanentRef = 'check-stock-price';
  override readonly isRead = true;
  declare IArgument: { symbol: string; at: string; since?: string };
  declare IResult: {
    stockPrice: {
      stock_price: string;
      as_of: string;
      recent_prices?: string[];
      new_prices?: number;
      last_bar?: string;
    };
  };
  readonly contract = checkStockPrice;

  protected toRequest() {
    return this.argument;
  }

  protected toResult({
    recent_prices,
    new_prices,
    last_bar,
    ...price
  }: z.output<typeof checkStockPrice.response>) {
    return {
      stockPrice: {
        ...price,
        ...(recent_prices && { recent_prices }),
        ...(new_prices !== undefined && { new_prices }),
        ...(last_bar !== undefined && { last_bar }),
      },
    };
  }
}

/** The price of a symbol now: decimal string in dollars. For display; a run records its price as a step. */
export async function priceNow(invoker: LambdaInvoker, symbol: string): Promise<string> {
  return (await invoker.invoke(checkStockPrice, { symbol })).stock_price;
}
