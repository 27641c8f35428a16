import { checkStockPrice } from '../../functions/contracts/check-stock-price.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';

export class CheckStockPriceAction extends InvokeFunctionAction<typeof checkStockPrice> {
  static override permanentRef = 'check-stock-price';
  declare IArgument: { symbol: string; at: string };
  /** Runs of an earlier release have no `as_of`. */
  declare IResult: { stockPrice: { stock_price: string; as_of?: string } };
  readonly contract = checkStockPrice;

  protected toRequest() {
    return this.argument;
  }

  protected toResult(stockPrice: { stock_price: string; as_of: string }) {
    return { stockPrice };
  }
}
