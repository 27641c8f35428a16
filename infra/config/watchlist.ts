import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { MOST_SHARDS, MOST_SYMBOLS, shardOf, type Shard } from '../../functions/contracts/shard.ts';
import { stockSymbol } from '../../functions/contracts/stock.ts';
import { ConfigError } from './config-error.ts';
import { key } from './key.ts';
import { quoted } from './quoted.ts';
import { oneOf, wholeNumber } from './values.ts';

/** Symbols of a schedule on average, unless `shards` is set: an invocation of a minute has time for more. */
const SYMBOLS_A_SHARD = 200;

/** The variables of a function have at most 4 KB together; a longer list is in the events of the schedules. */
const VARIABLE_BYTES = 1_000;

/** Which symbols are traded. */
export const watchlistKeys = {
  symbols: key(
    z
      .string()
      .transform((list) => list.split(',').map((symbol) => symbol.trim()))
      .pipe(z.array(stockSymbol))
      .transform((list) => list.join(','))
      .describe('symbols separated by commas, such as "AMZN,BRK.B"'),
    {
      does: 'the symbols that each tick trades; `cdk.json` must set it',
      replaces: ['symbol', 'symbolsFile', 'watchlist'],
    },
  ),
  symbol: key(stockSymbol.describe('one symbol, such as "AMZN"').optional(), {
    does: 'wins over `symbols` and `symbolsFile`: `-c symbol=MSFT`',
  }),
  symbolsFile: key(
    z
      .string()
      .min(1)
      .describe('the path of a text file, one symbol a line; lines that begin with "#" are comments')
      .optional(),
    {
      does: 'takes the place of `symbols`; see [watchlist.md](watchlist.md)',
      replaces: ['symbol', 'watchlist'],
    },
  ),
  watchlist: key(oneOf('stack', 'store').default('stack'), {
    does: 'whether the symbols come from these keys, or from the database, where `watch` and `unwatch` change them',
  }),
  shards: key(wholeNumber('schedules', 1, MOST_SHARDS).optional(), {
    does: 'how many schedules of each expression share the symbols; by default one for each 200 symbols, and one for a watchlist in the store',
  }),
};
type Keys = z.output<z.ZodObject<typeof watchlistKeys>>;

/** The symbols in the event of one schedule; empty if the orchestrator's variables have them. */
export interface TickSymbols {
  symbols?: string[];
  shard?: Shard;
}

/** Which symbols are traded, and by which ticks. */
export interface Watchlist {
  /** Whether the list is in the database. */
  inStore: boolean;
  /** The orchestrator's variable, if the list fits in it: for a tick or a command that names no symbols. */
  variable: string | undefined;
  /** One a shard. */
  ticks: TickSymbols[];
}

/**
 * A symbol that is in the list twice, in lower case too, counts once.
 *
 * @param expressions how many `schedule` has: each shard is a schedule of each of them
 */
export function toWatchlist(
  { symbols, symbol, symbolsFile, watchlist, shards }: Keys,
  expressions: number,
): Watchlist {
  const most = Math.floor(MOST_SHARDS / expressions);
  const inEach = expressions === 1 ? '' : `, because \`schedule\` has ${expressions} expressions`;
  if (shards !== undefined && shards > most) {
    throw new ConfigError([`shards is ${shards}, expected ${most} at most${inEach}`]);
  }
  if (watchlist === 'store') {
    const ticks = (shards ?? 1) === 1 ? [{}] : shardsOf(shards!).map((shard) => ({ shard }));
    return { inStore: true, variable: undefined, ticks };
  }
  const fromFile = symbol === undefined && symbolsFile !== undefined;
  const all = fromFile ? readSymbols(symbolsFile) : (symbol ?? symbols).split(',');
  const list = [...new Set(all)];
  const needed = shards ?? Math.ceil(list.length / SYMBOLS_A_SHARD);
  if (needed > most) {
    const expected = `${most * SYMBOLS_A_SHARD} at most${inEach}`;
    throw new ConfigError([`the list has ${list.length} symbols, expected ${expected}`]);
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
    throw new ConfigError([
      `shards is ${shards}, which gives a schedule ${longest} symbols of ${list.length}, expected shards for at most ${MOST_SYMBOLS} each`,
    ]);
  }
  // With few symbols in many shards, some are empty. They keep their schedules, which resume open runs.
  return shards === 1 ? parts.map(({ symbols }) => ({ symbols })) : parts;
}

const shardsOf = (of: number): Shard[] => Array.from({ length: of }, (_, index) => ({ index, of }));

function readSymbols(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`symbolsFile is ${quoted(path)}, which can't be read (${code})`]);
  }
  const lines = text.split('\n').map((line, index) => ({ symbol: line.trim(), number: index + 1 }));
  const found = lines.filter(({ symbol }) => symbol !== '' && !symbol.startsWith('#'));
  const wrong = found.find(({ symbol }) => !stockSymbol.safeParse(symbol).success);
  if (wrong) {
    const line = quoted(wrong.symbol);
    throw new ConfigError([
      `line ${wrong.number} of symbolsFile is ${line}, expected one symbol, such as "AMZN"`,
    ]);
  }
  if (found.length === 0) throw new ConfigError([`symbolsFile is ${quoted(path)}, which has no symbol`]);
  return found.map(({ symbol }) => stockSymbol.parse(symbol));
}
