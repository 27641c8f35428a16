import type { Decimal128 } from 'mongodb';
import type { TradeType } from '../../contracts/stock.ts';
import { Money } from '../../shared/money.ts';
import type { Ledger } from '../connection.ts';
import { signed } from '../position.ts';

interface TradeSum {
  _id: { symbol: string; type: TradeType };
  qty: Decimal128;
}

interface AdjustmentSum {
  _id: string;
  before: Decimal128;
  after: Decimal128;
}

/** The shares that all trades and adjustments of symbols add up to: by symbol, each of those that were asked about. */
export async function sharesOnRecord(ledger: Ledger, symbols: string[]): Promise<ReadonlyMap<string, Money>> {
  const isAsked = { $match: { symbol: { $in: symbols } } };
  const ofTrades = { _id: { symbol: '$symbol', type: '$type' }, qty: { $sum: '$qty' } };
  const ofAdjustments = { _id: '$symbol', before: { $sum: '$before.qty' }, after: { $sum: '$after.qty' } };
  const [traded, adjusted] = await Promise.all([
    ledger.trades.aggregate<TradeSum>([isAsked, { $group: ofTrades }]).toArray(),
    ledger.adjustments.aggregate<AdjustmentSum>([isAsked, { $group: ofAdjustments }]).toArray(),
  ]);
  const shares = new Map(symbols.map((symbol) => [symbol, new Money(0)]));
  const add = (symbol: string, qty: Money) => shares.set(symbol, shares.get(symbol)!.plus(qty));
  for (const { _id, qty } of traded) add(_id.symbol, signed(_id.type, qty.toString()));
  for (const { _id, before, after } of adjusted)
    add(_id, new Money(after.toString()).minus(before.toString()));
  return shares;
}
