import type { Finding } from '../../contracts/check-account.ts';
import { dollars, Money } from '../../shared/money.ts';
import type { Broker, BrokerAccount } from './broker.ts';

type Use = <T>(work: (broker: Broker) => Promise<T>) => Promise<T>;

/** Orders are held, and prices are bounded, by times of some seconds. */
const MOST_SKEW_MS = 2_000;
/** Below this equity, the fourth day trade in five days is refused: https://docs.alpaca.markets/docs/user-protection. */
const DAY_TRADER_EQUITY = 25_000;
const MOST_DAY_TRADES = 3;

/** What is right and wrong with the account, the feed and the clock. Each is asked on its own: one that fails is a line. */
export async function accountFindings(
  kind: 'paper' | 'live',
  symbol: string,
  use: Use,
  now: () => Date,
): Promise<Finding[]> {
  const found = await Promise.all([
    orProblem('account', () => use(async (broker) => ofAccount(kind, await broker.account()))),
    orProblem('data feed', () => use((broker) => ofFeed(broker, symbol))),
    orProblem('clock', () => use((broker) => ofClock(broker, now))),
  ]);
  return found.flat();
}

/** The errors of the broker say what to do, and no secret. */
async function orProblem(about: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const { name, message } = error as Error;
    return [wrong(about, `${name}: ${message}`)];
  }
}

const right = (about: string, says: string): Finding => ({ about, ok: true, says });
const wrong = (about: string, says: string): Finding => ({ about, ok: false, says });

function ofAccount(kind: 'paper' | 'live', account: BrokerAccount): Finding[] {
  const { accountNumber, status, buyingPower, shortingEnabled } = account;
  const who = `${kind} account ${accountNumber}`;
  const blocks = [
    account.accountBlocked && 'the account is blocked',
    account.tradingBlocked && 'trading is blocked',
    account.tradeSuspendedByUser && 'you have suspended trading',
  ].filter((block) => block !== false);
  return [
    status === 'ACTIVE'
      ? right('account', `${who} is ${status}`)
      : wrong('account', `${who} is ${status}, expected ACTIVE; see the broker's dashboard`),
    blocks.length === 0
      ? right('trading', 'is not blocked')
      : wrong(
          'trading',
          `${blocks.join(', ')}; see the settings in the broker's dashboard, or ask its support`,
        ),
    new Money(buyingPower).gt(0)
      ? right('buying power', `${dollars(new Money(buyingPower))} dollars`)
      : wrong('buying power', `${dollars(new Money(buyingPower))} dollars; deposit, or close positions`),
    ofDayTrades(account),
    right('short selling', shortingEnabled ? 'is enabled at the broker' : 'is not enabled at the broker'),
  ];
}

function ofDayTrades(account: BrokerAccount): Finding {
  const { pattern_day_trader: patternDayTrader, daytrade_count: daytradeCount, equity } = account;
  if (patternDayTrader === undefined || daytradeCount === undefined) {
    return right('day trades', 'the broker does not count them for this account');
  }
  const flag = patternDayTrader ? 'flagged as a pattern day trader' : 'not flagged';
  const what = `${flag}, day trades in five days: ${daytradeCount}`;
  const isLimited = new Money(equity).lt(DAY_TRADER_EQUITY);
  if (!isLimited || (!patternDayTrader && daytradeCount < MOST_DAY_TRADES)) return right('day trades', what);
  return wrong(
    'day trades',
    `${what}; with less than ${DAY_TRADER_EQUITY} dollars the broker refuses the next one, so a purchase may not be sold on its day`,
  );
}

async function ofFeed(broker: Broker, symbol: string): Promise<Finding[]> {
  const { trade } = await broker.latestTrade(symbol);
  return [right('data feed', `the latest trade of ${symbol} was at ${trade.p}, ${trade.t.toISOString()}`)];
}

/** The answer was written between the request and its arrival, so only what is outside of that is a difference. */
async function ofClock(broker: Broker, now: () => Date): Promise<Finding[]> {
  const sent = now().getTime();
  const { timestamp } = await broker.clock();
  const theirs = timestamp.getTime();
  const skewMs = theirs < sent ? theirs - sent : Math.max(0, theirs - now().getTime());
  const what = `the broker's is ${new Money(skewMs).div(1_000).toFixed()} seconds from this one`;
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return [right('clock', what)];
  return [wrong('clock', `${what}; orders are held by the clock, so find out which one is wrong`)];
}
