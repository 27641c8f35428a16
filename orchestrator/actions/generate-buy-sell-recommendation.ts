import { generateBuySellRecommendation } from '../../functions/contracts/generate-buy-sell-recommendation.ts';
import type { Recommendation } from '../../functions/contracts/stock.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';

export class GenerateBuySellRecommendationAction extends InvokeFunctionAction<
  typeof generateBuySellRecommendation
> {
  static override permanentRef = 'generate-buy-sell-recommendation';
  declare IArgument: { price: string };
  declare IResult: { buyOrSellRecommendation: Recommendation };
  readonly contract = generateBuySellRecommendation;

  protected toRequest() {
    return { stock_price: this.argument.price };
  }

  protected toResult(buyOrSellRecommendation: Recommendation) {
    return { buyOrSellRecommendation };
  }
}
