import { generateBuySellRecommendation } from '../../functions/contracts/generate-buy-sell-recommendation.ts';
import type { Recommendation } from '../../functions/contracts/stock.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';

export class GenerateBuySellRecommendationAction extends InvokeFunctionAction<
  typeof generateBuySellRecommendation
> {
  static override permanentRef = 'generate-buy-sell-recommendation';
  override readonly isRead = true;
  /** The prices before it, oldest first, where the strategy looks at them. */
  declare IArgument: { price: string; recentPrices?: string[]; newPrices?: number };
  declare IResult: { buyOrSellRecommendation: Recommendation };
  readonly contract = generateBuySellRecommendation;

  protected toRequest() {
    const { price, recentPrices, newPrices } = this.argument;
    return {
      stock_price: price,
      ...(recentPrices && { recent_prices: recentPrices }),
      ...(newPrices !== undefined && { new_prices: newPrices }),
    };
  }

  protected toResult(buyOrSellRecommendation: Recommendation) {
    return { buyOrSellRecommendation };
  }
}
