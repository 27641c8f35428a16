import { sellOrCheck } from './contracts/trade.ts';
import { tradeOnce } from './ledger/trade-once.ts';
import { stockFunction } from './shared/stock-function.ts';

export const handler = stockFunction(sellOrCheck, (order) => tradeOnce('sell', order));
