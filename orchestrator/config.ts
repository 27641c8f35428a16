import * as z from 'zod';
import { decimalShares, price } from '../functions/contracts/stock.ts';
import type { OrderSize } from '../functions/shared/size.ts';

const required = (what: string) =>
  z.string(`is not set; the stack sets it to ${what}`).min(1, `is empty; the stack sets it to ${what}`);

/** One of them is set: a secret that holds the URI, or the address of a cluster that knows this function by its role. */
const mongodb = z.union(
  [z.object({ MONGODB_ADDRESS: z.string().min(1) }), z.object({ MONGODB_SECRET_ID: z.string().min(1) })],
  'MONGODB_SECRET_ID or MONGODB_ADDRESS is not set; the stack sets one of them',
);

const environment = z.object({
  MONGODB_DATABASE: required('the name of the database'),
  HISTORY_DAYS: required('the days for which history is kept').transform(Number).pipe(z.int().min(1)),
  SYMBOLS: required('the symbols that a tick trades, separated by commas')
    .transform((list) => list.split(','))
    .optional(),
  WATCHLIST: z.literal('store', 'is no place; the stack sets it to store or not at all').optional(),
  MAX_TICK_AGE_MINUTES: required('how late a tick may come').transform(Number).pipe(z.int().min(1)),
  OVERLAP: z.enum(['skip', 'queue', 'allow'], 'is no policy; the stack sets it to skip, queue or allow'),
  MARKET_HOURS: z.enum(['regular', 'always'], 'is no choice; the stack sets it to regular or always'),
  APPROVE_ABOVE: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'is no amount; the stack sets it to one')
    .optional(),
  NOTIFICATIONS_TOPIC_ARN: z.string().min(1).optional(),
  APPROVAL_TIMEOUT_MINUTES: required('how long an approval is waited for')
    .transform(Number)
    .pipe(z.int().min(1)),
  CHECK_LIMITS: z.literal('true', 'is no choice; the stack sets it to true or not at all').optional(),
  DECIDES_ON_BARS: z.literal('true', 'is no choice; the stack sets it to true or not at all').optional(),
  FUNCTION_RECONCILE_LEDGER: z.string().min(1).optional(),
});

/** How large an order is. */
const size = z.union(
  [
    z.object({ QUANTITY: decimalShares }).transform(({ QUANTITY: qty }) => ({ qty })),
    z
      .object({ ORDER_VALUE: price, FRACTIONAL_SHARES: z.literal('true').optional() })
      .transform(({ ORDER_VALUE: orderValue, FRACTIONAL_SHARES: isFractional }) => ({
        orderValue,
        ...(isFractional && { fractionalShares: true as const }),
      })),
  ],
  'QUANTITY or ORDER_VALUE is not set to a number; the stack sets one of them',
);

export interface Config {
  mongodb: { secretId: string } | { address: string };
  database: string;
  /** What a tick or a run that names no symbols is of; undefined where the list is elsewhere. */
  symbols: string[] | undefined;
  /** Where the list of symbols is kept. */
  watchlist: 'stack' | 'store';
  /** Of each order. */
  size: OrderSize;
  /** How long a finished run and its steps are kept. */
  historyDays: number;
  /** A tick that comes later than this after its scheduled time trades nothing. */
  maxTickAgeMinutes: number;
  /** What a tick does where an earlier run of the symbol is still open. */
  overlap: 'skip' | 'queue' | 'allow';
  /** Whether a tick starts runs at any hour, or only while the market is open. */
  marketHours: 'regular' | 'always';
  /** Which orders a person has to approve; none where it is undefined. */
  approval: { above: string; timeoutMinutes: number; ask?: true } | undefined;
  /** Whether the market is a broker: it has an account, and the ledger can be compared with it. */
  hasBroker: boolean;
  /** Whether a run asks about the limits before it trades. */
  checkLimits: boolean;
  /** Whether the strategy looks at bars, so that a run has to know which of them the decision before has seen. */
  decidesOnBars: boolean;
  /** The topic for requests for approval and for results. */
  notificationsTopicArn: string | undefined;
  /** The deployed name of a function, from its name in the contract. */
  physicalName(contractName: string): string;
}

/** The orchestrator's configuration, from the environment that the stack gives it. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.and(mongodb).safeParse(env);
  const sized = size.safeParse(env);
  if (!parsed.success || !sized.success) {
    const issues = [...(parsed.error?.issues ?? []), ...(sized.error?.issues ?? [])];
    const problems = issues.map(({ path, message }) => [...path, message].join(' ')).join('; ');
    throw new Error(`The orchestrator's environment is incomplete: ${problems}. Deploy the stack again.`);
  }
  const { MONGODB_DATABASE, HISTORY_DAYS, MAX_TICK_AGE_MINUTES, SYMBOLS } = parsed.data;
  const { WATCHLIST, APPROVE_ABOVE, APPROVAL_TIMEOUT_MINUTES, NOTIFICATIONS_TOPIC_ARN } = parsed.data;
  const ask = NOTIFICATIONS_TOPIC_ARN === undefined ? {} : ({ ask: true } as const);
  return {
    mongodb:
      'MONGODB_ADDRESS' in parsed.data
        ? { address: parsed.data.MONGODB_ADDRESS }
        : { secretId: parsed.data.MONGODB_SECRET_ID },
    database: MONGODB_DATABASE,
    symbols: WATCHLIST === 'store' ? undefined : SYMBOLS,
    watchlist: WATCHLIST ?? 'stack',
    size: sized.data,
    historyDays: HISTORY_DAYS,
    overlap: parsed.data.OVERLAP,
    marketHours: parsed.data.MARKET_HOURS,
    maxTickAgeMinutes: MAX_TICK_AGE_MINUTES,
    approval:
      APPROVE_ABOVE === undefined
        ? undefined
        : { above: APPROVE_ABOVE, timeoutMinutes: APPROVAL_TIMEOUT_MINUTES, ...ask },
    hasBroker: parsed.data.FUNCTION_RECONCILE_LEDGER !== undefined,
    checkLimits: parsed.data.CHECK_LIMITS === 'true',
    decidesOnBars: parsed.data.DECIDES_ON_BARS === 'true',
    notificationsTopicArn: NOTIFICATIONS_TOPIC_ARN,
    physicalName: (contractName) => functionName(env, contractName),
  };
}

function functionName(env: NodeJS.ProcessEnv, contractName: string): string {
  const variable = `FUNCTION_${contractName.toUpperCase().replaceAll('-', '_')}`;
  const name = env[variable];
  if (!name)
    throw new Error(`${variable} is not set; the stack sets it to the name of the function ${contractName}.`);
  return name;
}
