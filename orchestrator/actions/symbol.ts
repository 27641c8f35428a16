/** Symbols, lists of them and texts as the functions take them, for whoever asks for a run. */
export { stockSymbol } from '../../functions/contracts/stock.ts';
export { MOST_SYMBOLS, shard, shardOf, type Shard } from '../../functions/contracts/shard.ts';
export { idempotencyKey, text } from '../../functions/contracts/text.ts';
