import * as z from 'zod';
import { isUsStock } from '../../functions/contracts/stock.ts';
import { ConfigError, shown } from './config-error.ts';
import { only, takesOf, variablesOf } from './key.ts';
import { limitKeys, toLimits } from './limits.ts';
import { marketKeys, toMarket, type MarketConfig } from './market.ts';
import { databaseKeys, mongodbKeys, toMongodb, type MongodbAuthentication } from './mongodb.ts';
import { didYouMean, nearest } from './nearest.ts';
import { networkKeys, toNetwork, type Network } from './network.ts';
import { operationsKeys } from './operations.ts';
import { orchestratorKeys } from './orchestrator.ts';
import { scheduleKeys } from './schedule.ts';
import { assertSize } from './size.ts';
import { strategyKeys, toStrategy, type StrategyConfig } from './strategy.ts';
import { parseSchedule } from '../schedule/expression.ts';
import { toWatchlist, watchlistKeys, type Watchlist } from './watchlist.ts';

/** Keys that the stack takes as they are. */
const plainKeys = { ...scheduleKeys, ...databaseKeys, ...orchestratorKeys, ...operationsKeys };

/**
 * Every key of the stack's configuration: CDK context, from `cdk.json` or `-c key=value`. A new key is declared in the
 * file of its topic, and nowhere else: errors, the table in docs/configuration.md and the types follow from there.
 */
export const configuration = z.object({
  ...watchlistKeys,
  ...strategyKeys,
  ...plainKeys,
  ...mongodbKeys,
  ...marketKeys,
  ...limitKeys,
  ...networkKeys,
});

export interface TraderConfig extends z.output<z.ZodObject<typeof plainKeys>> {
  watchlist: Watchlist;
  strategy: StrategyConfig;
  mongodb: MongodbAuthentication;
  market: MarketConfig;
  /** What buy and sell check an order against; undefined without any limit. */
  limits: Record<string, unknown> | undefined;
  vpc: Network | undefined;
  /** The orchestrator's variables. */
  orchestratorVariables: Record<string, string>;
}

/** @param context all of the CDK context; keys of other tools are ignored */
export function parseConfig(context: Record<string, unknown>): TraderConfig {
  const { data, error } = configuration.safeParse(context);
  const problems = [...wrongValues(context, error), ...unknownKeys(context)];
  if (!data || problems.length > 0) throw new ConfigError(problems);
  assertSize(data);
  const market = toMarket(data);
  const watchlist = toWatchlist(data, parseSchedule(data.schedule).expressions.length);
  if (market.name === 'alpaca') refuseForeignSymbols(watchlist);
  return {
    ...only(plainKeys, data),
    orchestratorVariables: variablesOf(orchestratorKeys, data),
    watchlist,
    strategy: toStrategy(data),
    mongodb: toMongodb(data),
    market,
    limits: toLimits(data, market, data.timeZone),
    vpc: toNetwork(data),
  };
}

/** What is wrong with some keys; others may be missing. */
export function problemsOf(context: Record<string, unknown>): string[] {
  return [...wrongValues(context, configuration.partial().safeParse(context).error), ...unknownKeys(context)];
}

function wrongValues(context: Record<string, unknown>, error: z.ZodError | undefined): string[] {
  const reasons = new Map(error?.issues.map((issue) => [String(issue.path[0]), reasonOf(issue)]));
  return [...reasons].map(([name, reason]) => {
    const schema = configuration.shape[name as keyof typeof configuration.shape];
    return `${name} is ${shown(name, context[name])}, expected ${takesOf(schema)}${reason}`;
  });
}

/** What the check of a key says beyond its description; zod's own words say less than that. */
function reasonOf({ code, message }: z.core.$ZodIssue): string {
  return code === 'custom' && message !== 'Invalid input' ? ` (${message})` : '';
}

function unknownKeys(context: Record<string, unknown>): string[] {
  const known: string[] = Object.keys(configuration.shape);
  const unknown = Object.keys(context).filter((name) => !known.includes(name) && isOurs(name, known));
  return unknown.map((name) => {
    const hint = didYouMean(lettersOf(name), known) || `, expected one of ${known.join(', ')}`;
    return `${name} is not a key${hint}`;
  });
}

const lettersOf = (name: string) => name.replace(/[^A-Za-z]/g, '');

/** Keys of other tools have a dash, a slash or a colon; but max-position is a mistyped key of ours. */
function isOurs(name: string, known: string[]): boolean {
  return /^\w+$/.test(name) || (/^[\w-]+$/.test(name) && nearest(lettersOf(name), known) !== undefined);
}

function refuseForeignSymbols({ variable, ticks }: Watchlist): void {
  const traded = [...(variable?.split(',') ?? []), ...ticks.flatMap(({ symbols = [] }) => symbols)];
  const foreign = traded.find((symbol) => !isUsStock(symbol));
  if (foreign === undefined) return;
  throw new ConfigError([
    `the symbol ${foreign} is not a US stock, expected only US stocks with market=alpaca`,
  ]);
}
