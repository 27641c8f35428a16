import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { isUsStock, price, stockSymbol } from '../../functions/contracts/stock.ts';
import { didYouMean, nearest } from './nearest.ts';
import { quoted } from './quoted.ts';
import { limitKeys, toLimits, type LimitKey } from './limits.ts';
import { marketKeys, toMarket, type MarketConfig } from './market.ts';
import { strategyKeys, toStrategyConfig, type StrategyConfig } from './strategy.ts';
import { toWatchlist, WatchlistError, watchlistKeys, type Watchlist } from './watchlist.ts';
import { flag, idList, isTimeZone, scheduleExpression, wholeNumber } from './values.ts';

const RETENTION = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/**
 * Every key of the stack's configuration: CDK context, from `cdk.json` or `-c key=value`. A description says what the
 * key takes. The table in docs/configuration.md has the same keys and the same defaults.
 */
export const configuration = z.object({
  symbols: z
    .string()
    .transform((list) => list.split(',').map((symbol) => symbol.trim()))
    .pipe(z.array(stockSymbol))
    .transform((list) => list.join(','))
    .describe('symbols separated by commas, such as "AMZN,BRK.B"'),
  symbol: stockSymbol.optional().describe('one symbol, such as "AMZN"'),
  ...watchlistKeys,
  quantity: wholeNumber(1, 999_999).describe('a whole number of shares from 1 to 999999'),
  sellAbove: price.describe('a price as text, such as "100.00"'),
  ...strategyKeys,
  schedule: scheduleExpression
    .default('cron(0/5 9-15 ? * MON-FRI *)')
    .describe('an EventBridge Scheduler cron(...) of six fields, or a rate(...) such as "rate(5 minutes)"'),
  timeZone: z
    .string()
    .refine(isTimeZone)
    .default('America/New_York')
    .describe('an IANA time zone, such as "America/New_York"'),
  scheduleEnabled: flag.default(true).describe('true or false'),
  mongodbSecretName: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/)
    .optional()
    .describe('the name of a secret: letters, digits and /_+=.@-'),
  mongodbSecretArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/)
    .optional()
    .describe('the whole ARN of a secret, with the six characters at its end'),
  mongodbIamHost: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/)
    .optional()
    .describe('the host of a cluster, such as "cluster0.ab1cd.mongodb.net"'),
  databaseName: z
    .string()
    .regex(/^(?!(?:admin|local|config)$)[A-Za-z0-9_-]{1,38}$/i)
    .default('orbits-trader')
    .describe(
      '1 to 38 letters, digits, "-" or "_", and not admin, local or config, which are MongoDB\'s own',
    ),
  historyDays: wholeNumber(1, 3650).default(30).describe('a whole number of days from 1 to 3650'),
  maxTickAgeMinutes: wholeNumber(1, 1440).default(15).describe('a whole number of minutes from 1 to 1440'),
  overlap: z.enum(['skip', 'queue', 'allow']).default('skip').describe('"skip", "queue" or "allow"'),
  approval: z
    .union([z.enum(['never', 'always']), price])
    .default('never')
    .describe(
      '"never", "always", or the value in dollars above which an order needs approval, such as "1000.00"',
    ),
  approvalTimeoutMinutes: wholeNumber(1, 10_080)
    .default(60)
    .describe('a whole number of minutes from 1 to 10080'),
  ...marketKeys,
  ...limitKeys,
  logRetentionDays: wholeNumber(1, 3653)
    .refine((days) => RETENTION.includes(days))
    .default(30)
    .describe(`a number of days that CloudWatch Logs knows: ${RETENTION.join(', ')}`),
  alarmEmail: z.email().optional().describe('an e-mail address'),
  notificationEmail: z.email().optional().describe('an e-mail address'),
  orchestratorTimeoutSeconds: wholeNumber(30, 900)
    .default(60)
    .describe('a whole number of seconds from 30 to 900'),
  orchestratorMemoryMb: wholeNumber(256, 10_240)
    .default(512)
    .describe('a whole number of megabytes from 256 to 10240'),
  vpcId: z
    .string()
    .regex(/^vpc-[0-9a-f]{8,17}$/)
    .optional()
    .describe('the id of a VPC, such as "vpc-0a1b2c3d4e5f60718"'),
  subnetIds: idList(/^subnet-[0-9a-f]{8,17}$/)
    .optional()
    .describe('ids of subnets of the VPC, separated by commas'),
  securityGroupIds: idList(/^sg-[0-9a-f]{8,17}$/)
    .optional()
    .describe('ids of security groups of the VPC, separated by commas'),
  vpcReaches: idList(/^(internet|lambda|secretsmanager|sns|mongodb|broker)$/)
    .optional()
    .describe('"internet", or some of "lambda,secretsmanager,sns,mongodb,broker"'),
});
type Parsed = z.infer<typeof configuration>;

const DEFAULT_SECRET = 'orbits-trader/mongodb';

/** How the functions get into MongoDB: by a secret that holds the URI, or by the roles that they have. */
export type MongodbAuthentication = { secretName: string } | { secretArn: string } | { iamHost: string };

export interface TraderConfig extends Omit<
  Parsed,
  | (`mongodb${string}` & keyof Parsed)
  | LimitKey
  | keyof typeof marketKeys
  | keyof typeof strategyKeys
  | 'sellAbove'
  | keyof typeof watchlistKeys
  | 'symbols'
  | 'symbol'
  | 'vpcId'
  | 'subnetIds'
  | 'securityGroupIds'
  | 'vpcReaches'
> {
  watchlist: Watchlist;
  mongodb: MongodbAuthentication;
  market: MarketConfig;
  strategy: StrategyConfig;
  /** What buy and sell hold an order against; undefined where there is no limit. */
  limits: Record<string, unknown> | undefined;
  vpc: { id: string; subnetIds: string[]; securityGroupIds: string[]; reaches: string[] } | undefined;
}

/** Thrown when a context value is not one that the stack takes; the message is one line that names each key. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: string[]) {
    super(`Wrong configuration: ${problems.join('; ')}. Set it in cdk.json or with -c key=value.`);
  }
}

/** @param context all of the CDK context; what is not of ours is left alone */
export function parseConfig(context: Record<string, unknown>): TraderConfig {
  const known: string[] = Object.keys(configuration.shape);
  const unknown = Object.keys(context).filter((key) => !known.includes(key) && isMeantForUs(key, known));
  const parsed = configuration.safeParse(context);
  const wrong = new Map(parsed.error?.issues.map((issue) => [String(issue.path[0]), reasonOf(issue)]));
  const problems = [
    ...[...wrong].map(
      ([key, reason]) => `${key} is ${shown(key, context[key])}, expected ${descriptionOf(key)}${reason}`,
    ),
    ...unknown.map(
      (key) =>
        `${key} is no key${didYouMean(lettersOf(key), known) || `, expected one of ${known.join(', ')}`}`,
    ),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return combined(parsed.data);
}

const lettersOf = (key: string) => key.replace(/[^A-Za-z]/g, '');

/** Tools' own keys have a dash, a slash or a colon; a key such as max-position is one of ours all the same. */
function isMeantForUs(key: string, known: string[]): boolean {
  return /^\w+$/.test(key) || (/^[\w-]+$/.test(key) && nearest(lettersOf(key), known) !== undefined);
}

/** Keys that belong together, as one. */
function combined(parsed: Parsed): TraderConfig {
  const { symbols, symbol, symbolsFile, watchlist, shards, ...untraded } = parsed;
  const { mongodbSecretName, mongodbSecretArn, mongodbIamHost, ...others } = untraded;
  const { vpcId, subnetIds, securityGroupIds, vpcReaches, ...rest } = others;
  const { market, strategy, limits, ...config } = toLimits(toMarket(toStrategyConfig(rest)));
  const ways = { mongodbSecretName, mongodbSecretArn, mongodbIamHost };
  const given = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const keys = given.map(([key, value]) => `${key} is ${shown(key, value)}`);
    throw new ConfigError([`${keys.join(' and ')}, expected one of the two alone`]);
  }
  if (parsed.alpacaLive && parsed.market !== 'alpaca') {
    throw new ConfigError(['alpacaLive is true, expected market=alpaca beside it']);
  }
  if (parsed.strategy === 'moving-average' && parsed.shortWindow >= parsed.longWindow) {
    throw new ConfigError([
      `shortWindow is ${parsed.shortWindow}, expected less than longWindow, ${parsed.longWindow}`,
    ]);
  }
  const network = Object.entries({ vpcId, subnetIds, securityGroupIds });
  const missing = network.filter(([, value]) => value === undefined);
  if (vpcReaches && vpcId === undefined) {
    throw new ConfigError(['vpcReaches is set, expected vpcId, subnetIds and securityGroupIds beside it']);
  }
  if (missing.length > 0 && missing.length < network.length) {
    throw new ConfigError(
      missing.map(([key]) => `${key} is not set, expected ${descriptionOf(key)} beside the rest of the VPC`),
    );
  }
  const list = watchlistOf({ symbols, symbol, symbolsFile, watchlist, shards });
  const traded = [...(list.variable?.split(',') ?? []), ...list.ticks.flatMap((tick) => tick.symbols ?? [])];
  const foreign = traded.find((each) => !isUsStock(each));
  if (market.name === 'alpaca' && foreign !== undefined) {
    throw new ConfigError([
      `the symbol ${foreign} is no stock of the USA, expected these alone with market=alpaca`,
    ]);
  }
  return {
    ...config,
    market,
    strategy,
    limits,
    watchlist: list,
    mongodb: mongodbIamHost
      ? { iamHost: mongodbIamHost }
      : mongodbSecretArn
        ? { secretArn: mongodbSecretArn }
        : { secretName: mongodbSecretName ?? DEFAULT_SECRET },
    vpc:
      vpcId && subnetIds && securityGroupIds
        ? { id: vpcId, subnetIds, securityGroupIds, reaches: vpcReaches ?? [] }
        : undefined,
  };
}

function watchlistOf(keys: Parameters<typeof toWatchlist>[0]): Watchlist {
  try {
    return toWatchlist(keys);
  } catch (error) {
    if (error instanceof WatchlistError) throw new ConfigError([error.message]);
    throw error;
  }
}

/** What a key's own check says beyond the description; zod's own words say less than that. */
function reasonOf({ code, message }: z.core.$ZodIssue): string {
  return code === 'custom' && message !== 'Invalid input' ? ` (${message})` : '';
}

function descriptionOf(key: string): string {
  return configuration.shape[key as keyof Parsed].description ?? '';
}

/** A value as JSON. What stands where the name of a secret belongs may be the secret. */
function shown(key: string, value: unknown): string {
  if (value === undefined) return 'not set';
  const isName = typeof value === 'string' && /^(arn:[\w:/+=.@-]+|[\w/+=.-]+)$/.test(value);
  return /secret/i.test(key) && !isName && quoted(value) === JSON.stringify(value)
    ? `a text of ${JSON.stringify(value).length - 2} characters`
    : quoted(value);
}
