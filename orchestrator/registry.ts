import { BuyStockAction } from './actions/buy-stock.ts';
import { CheckLimitsAction } from './actions/check-limits.ts';
import { CheckStockPriceAction } from './actions/check-stock-price.ts';
import { FindLastBarAction } from './actions/find-last-bar.ts';
import { GenerateBuySellRecommendationAction } from './actions/generate-buy-sell-recommendation.ts';
import { RequestApprovalAction } from './actions/request-approval.ts';
import { SellStockAction } from './actions/sell-stock.ts';
import { TradingWorkflow } from './workflows/trading.ts';

/** Every workflow and action that can run, or that the store may contain. Add a line for your own. */
export const registry = [
  TradingWorkflow,
  FindLastBarAction,
  CheckStockPriceAction,
  GenerateBuySellRecommendationAction,
  BuyStockAction,
  SellStockAction,
  RequestApprovalAction,
  CheckLimitsAction,
];

/** What answers, messages and overlap need to know about the runs of these workflows. */
export { tradingRuns as runWords } from './workflows/trading-runs.ts';
