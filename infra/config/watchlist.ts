import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { MOST_SHARDS, MOST_SYMBOLS, shardOf, type Shard } from '../../functions/contracts/shard.ts';
import { stockSymbol } from '../../functions/contracts/stock.ts';
import { quoted } from './quoted.ts';
import { wholeNumber } from './values.ts';

/** What a schedule has on average, unless `shards` says otherwise: a minute's invocation holds it with room to spare. */
const SYMBOLS_A_SHARD = 200;

/** A function's variables have 4 KB together; a longer list travels in the events of the schedules. */
const VARIABLE_BYTES = 1_000;

/** The keys of the list of symbols, beside `symbols` and `symbol`. */
export const watchlistKeys = {
  symbolsFile: z
    .string()
    .min(1)
    .optional()
    .describe('the path of a text file, one symbol a line; lines that begin with "#" are comments'),
  watchlist: z.enum(['stack', 'store']).default('stack').describe('"stack" or "store"'),
  shards: wholeNumber(1, MOST_SHARDS)
    .optional()
    .describe(`a whole number of schedules from 1 to ${MOST_SHARDS}`),
};
type Keys = z.output<z.ZodObject<typeof watchlistKeys>> & { symbols: string; symbol?: string | undefined };

/** What one schedule's tick says of its symbols; nothing where the orchestrator's own variables say it. */
export interface TickSymbols {
  symbols?: string[];
  shard?: Shard;
}

/** Which symbols are traded, and by which ticks. */
export interface Watchlist {
  /** Whether the list is kept in the database rather than here. */
  inStore: boolean;
  /** What fits into a variable of the orchestrator: the list for a tick, or a person's run, that names no symbols. */
  variable: string | undefined;
  /** One a schedule. */
  ticks: TickSymbols[];
}

/** Thrown with the problem, as one line that begins with the key. */
export class WatchlistError extends Error {
  override readonly name = 'WatchlistError';
}

/** Takes the list of symbols out of the other keys. A symbol that is there twice, in small letters too, is one. */
export function toWatchlist({ symbols, symbol, symbolsFile, watchlist, shards }: Keys): Watchlist {
  if (watchlist === 'store') {
    const ticks = (shards ?? 1) === 1 ? [{}] : shardsOf(shards!).map((shard) => ({ shard }));
    return { inStore: true, variable: undefined, ticks };
  }
  const fromFile = symbol === undefined && symbolsFile !== undefined;
  const all = fromFile ? readSymbols(symbolsFile) : (symbol ?? symbols).split(',');
  const list = [...new Set(all)];
  const needed = shards ?? Math.ceil(list.length / SYMBOLS_A_SHARD);
  if (needed > MOST_SHARDS) {
    const most = MOST_SHARDS * SYMBOLS_A_SHARD;
    throw new WatchlistError(`the list has ${list.length} symbols, expected ${most} at the most`);
  }
  const text = list.join(',');
  if (needed === 1 && text.length <= VARIABLE_BYTES) return { inStore: false, variable: text, ticks: [{}] };
  return { inStore: false, variable: undefined, ticks: split(list, needed) };
}

function split(list: string[], shards: number): TickSymbols[] {
  const parts = shardsOf(shards).map((shard): { symbols: string[]; shard: Shard } => ({
    symbols: [],
    shard,
  }));
  for (const symbol of list) parts[shardOf(symbol, shards)]!.symbols.push(symbol);
  const longest = Math.max(...parts.map(({ symbols }) => symbols.length));
  if (longest > MOST_SYMBOLS) {
    throw new WatchlistError(
      `shards is ${shards}, which gives a schedule ${longest} symbols of ${list.length}, expected enough for ${MOST_SYMBOLS} at the most`,
    );
  }
  // A few symbols in many shards leave some of them empty, but a run that is left open has to have its schedule.
  return shards === 1 ? parts.map(({ symbols }) => ({ symbols })) : parts;
}

const shardsOf = (of: number): Shard[] => Array.from({ length: of }, (_, index) => ({ index, of }));

function readSymbols(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new WatchlistError(`symbolsFile is ${quoted(path)}, which can't be read (${code})`);
  }
  const lines = text.split('\n').map((line, index) => ({ symbol: line.trim(), number: index + 1 }));
  const found = lines.filter(({ symbol }) => symbol !== '' && !symbol.startsWith('#'));
  const wrong = found.find(({ symbol }) => !stockSymbol.safeParse(symbol).success);
  if (wrong) {
    const line = quoted(wrong.symbol);
    throw new WatchlistError(
      `line ${wrong.number} of symbolsFile is ${line}, expected one symbol, such as "AMZN"`,
    );
  }
  if (found.length === 0) throw new WatchlistError(`symbolsFile is ${quoted(path)}, which has no symbol`);
  return found.map(({ symbol }) => stockSymbol.parse(symbol));
}
