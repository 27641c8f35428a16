/** A symbol as the functions take it, for whoever asks for a run, and the parts of a list of them. */
export { stockSymbol } from '../../functions/contracts/stock.ts';
export { MOST_SYMBOLS, shard, shardOf, type Shard } from '../../functions/contracts/shard.ts';
