import type { TradeType } from '../../functions/contracts/stock.ts';
import { checkBuy, checkSell, type Allowance, type Refusal } from '../../functions/contracts/trade.ts';
import { InvokeFunctionAction } from './invoke-function-action.ts';
import { toOrder, type TradeAction } from './trade-action.ts';

/** Asks the function that would trade whether its limits let the order through; nothing is traded. */
export class CheckLimitsAction extends InvokeFunctionAction<typeof checkBuy | typeof checkSell> {
  static override permanentRef = 'check-limits';
  override readonly isRead = true;
  declare IArgument: TradeAction['IArgument'] & { type: TradeType };
  declare IResult: { limits: Allowance | Refusal };

  get contract() {
    return this.argument.type === 'buy' ? checkBuy : checkSell;
  }

  protected toRequest() {
    return { ...toOrder(this.argument), check_only: true as const };
  }

  protected toResult(limits: Allowance | Refusal) {
    return { limits };
  }
}
