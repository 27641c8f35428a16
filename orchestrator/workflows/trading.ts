import type { StockTransaction } from '../../functions/contracts/stock.ts';
import type { Refusal } from '../../functions/contracts/trade.ts';
import { sharesAt, tooSmall, type OrderSize } from '../../functions/shared/size.ts';
import { BuyStockAction } from '../actions/buy-stock.ts';
import { CheckLimitsAction } from '../actions/check-limits.ts';
import { CheckStockPriceAction } from '../actions/check-stock-price.ts';
import { FindLastBarAction } from '../actions/find-last-bar.ts';
import { GenerateBuySellRecommendationAction } from '../actions/generate-buy-sell-recommendation.ts';
import { SellStockAction } from '../actions/sell-stock.ts';
import { DurableWorkflow } from '../durable/durable-workflow.ts';
import { APPROVAL, needsApproval, refusalOf, type ApprovalPolicy } from './approval.ts';

/** Looks up a symbol's price as of an instant and trades what is recommended at it, once; a person may have to agree. */
export class TradingWorkflow extends DurableWorkflow {
  static override permanentRef = 'trading';
  static override signals = { [APPROVAL.ref]: APPROVAL.schema };
  declare IArgument: {
    symbol: string;
    at: string;
    approval?: ApprovalPolicy;
    /** Whether there are limits that the order is to be checked against before it is placed. */
    checkLimits?: true;
    /** Whether the strategy looks at bars, of which each is decided on once. */
    decidesOnBars?: true;
  } & OrderSize;
  declare IResult: StockTransaction | Refusal | { held: string } | { rejected: string };

  override async define(): Promise<this['IResult']> {
    const { symbol, at, approval, checkLimits, decidesOnBars } = this.argument;

    const since = decidesOnBars ? await this.#lastBar(symbol) : undefined;
    const { stockPrice } = await this.do(
      'check-stock-price',
      new CheckStockPriceAction().setArgument({ symbol, at, ...(since !== undefined && { since }) }),
    );
    const {
      stock_price: price,
      as_of: pricedAt,
      recent_prices: recentPrices,
      new_prices: newPrices,
    } = stockPrice;

    const { buyOrSellRecommendation } = await this.do(
      'generate-recommendation',
      new GenerateBuySellRecommendationAction().setArgument({
        price,
        ...(recentPrices && { recentPrices }),
        ...(newPrices !== undefined && { newPrices }),
      }),
    );

    if (buyOrSellRecommendation === 'hold') return { held: `the recommendation at ${price} is to hold` };

    const qty = sharesAt(price, this.argument);
    if (qty === '0') return this.#tooSmall(price);

    const order = { symbol, price, qty, ...(pricedAt !== undefined && { pricedAt }) };
    if (checkLimits) {
      const refusal = await this.#checkLimits('check-limits', { type: buyOrSellRecommendation, ...order });
      if (refusal) return refusal;
    }

    if (needsApproval(approval, price, qty)) {
      const recommendation = buyOrSellRecommendation;
      const rejected = await refusalOf(this, approval, { symbol, recommendation, price, qty });
      if (rejected !== undefined) return { rejected };
      if (checkLimits) {
        // The answer may have come an hour later.
        const refusal = await this.#checkLimits('check-limits-again', { type: recommendation, ...order });
        if (refusal) return refusal;
      }
    }

    if (buyOrSellRecommendation === 'sell') {
      return (await this.do('sell-stock', new SellStockAction().setArgument(order))).stockData;
    }
    return (await this.do('buy-stock', new BuyStockAction().setArgument(order))).stockData;
  }

  /** The end of the newest bar that a decision about the symbol has seen; undefined if there was none yet. */
  async #lastBar(symbol: string): Promise<string | undefined> {
    const { lastBar } = await this.do(
      'find-last-bar',
      new FindLastBarAction().setArgument({ overlap: overlapOf(symbol) }),
    );
    return lastBar;
  }

  /** A quantity is never too small: the configuration takes only positive ones. */
  #tooSmall(price: string): Refusal {
    const { orderValue, fractionalShares = false } = this.argument as Extract<
      OrderSize,
      { orderValue: string }
    >;
    return { refused: tooSmall(price, orderValue, fractionalShares), limit: 'order-size' };
  }

  /** What the limits say of an order. Buy and sell hold it against them once more, for others may trade meanwhile. */
  async #checkLimits(ref: string, order: CheckLimitsAction['IArgument']): Promise<Refusal | undefined> {
    const { limits } = await this.do(ref, new CheckLimitsAction().setArgument(order));
    return 'refused' in limits ? limits : undefined;
  }
}

/** Runs with the same key overlap while they are open. */
export const overlapOf = (symbol: string): string => `${TradingWorkflow.permanentRef}/${symbol}`;
