/** A symbol as the functions take it, for whoever asks for a run. */
export { stockSymbol } from '../../functions/contracts/stock.ts';
