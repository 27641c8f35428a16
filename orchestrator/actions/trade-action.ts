import type { StockTransaction } from '../../functions/contracts/stock.ts';
import type { buyStock, sellStock } from '../../functions/contracts/trade.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';

/** Places one order, at most once for the step's idempotency key. */
export abstract class TradeAction extends InvokeFunctionAction<typeof buyStock | typeof sellStock> {
  declare IArgument: { symbol: string; price: string; qty: number };
  declare IResult: { stockData: StockTransaction };

  protected toRequest() {
    const { symbol, price, qty } = this.argument;
    return { symbol, stock_price: price, qty };
  }

  protected toResult(stockData: StockTransaction) {
    return { stockData };
  }
}
