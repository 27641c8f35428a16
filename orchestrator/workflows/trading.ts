import type { StockTransaction } from '../../functions/contracts/stock.ts';
import { BuyStockAction } from '../actions/buy-stock.ts';
import { CheckStockPriceAction } from '../actions/check-stock-price.ts';
import { GenerateBuySellRecommendationAction } from '../actions/generate-buy-sell-recommendation.ts';
import { SellStockAction } from '../actions/sell-stock.ts';
import { DurableWorkflow } from '../durable/durable-workflow.ts';

/** Looks up a symbol's price as of an instant and trades what is recommended at it, once. */
export class TradingWorkflow extends DurableWorkflow {
  static override permanentRef = 'trading';
  declare IArgument: { symbol: string; qty: number; at: string };
  declare IResult: StockTransaction;

  override async define(): Promise<StockTransaction> {
    const { symbol, qty, at } = this.argument;

    const { stockPrice } = await this.do(
      'check-stock-price',
      new CheckStockPriceAction().setArgument({ symbol, at }),
    );
    const price = stockPrice.stock_price;

    const { buyOrSellRecommendation } = await this.do(
      'generate-recommendation',
      new GenerateBuySellRecommendationAction().setArgument({ price }),
    );

    if (buyOrSellRecommendation === 'sell') {
      return (await this.do('sell-stock', new SellStockAction().setArgument({ symbol, price, qty })))
        .stockData;
    }
    return (await this.do('buy-stock', new BuyStockAction().setArgument({ symbol, price, qty }))).stockData;
  }
}
