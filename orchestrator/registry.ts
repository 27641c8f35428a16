import { BuyStockAction } from './actions/buy-stock.ts';
import { CheckLimitsAction } from './actions/check-limits.ts';
import { CheckStockPriceAction } from './actions/check-stock-price.ts';
import { GenerateBuySellRecommendationAction } from './actions/generate-buy-sell-recommendation.ts';
import { RequestApprovalAction } from './actions/request-approval.ts';
import { SellStockAction } from './actions/sell-stock.ts';
import { TradingWorkflow } from './workflows/trading.ts';

/** Everything that may run, or stand in the database: a workflow or an action of your own gets its line here. */
export const registry = [
  TradingWorkflow,
  CheckStockPriceAction,
  GenerateBuySellRecommendationAction,
  BuyStockAction,
  SellStockAction,
  RequestApprovalAction,
  CheckLimitsAction,
];
