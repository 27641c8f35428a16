import { buyStock } from '../../functions/contracts/trade.ts';
import { TradeAction } from './trade-action.ts';

export class BuyStockAction extends TradeAction {
  static override permanentRef = 'buy-stock';
  readonly contract = buyStock;
}
