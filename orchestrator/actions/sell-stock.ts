import { sellStock } from '../../functions/contracts/trade.ts';
import { TradeAction } from './trade-action.ts';

export class SellStockAction extends TradeAction {
  static override permanentRef = 'sell-stock';
  readonly contract = sellStock;
}
