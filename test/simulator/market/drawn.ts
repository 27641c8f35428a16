import { readLimits, type Limits } from '../../../functions/ledger/limits.ts';
import { simulatedPrice } from '../../../functions/market/simulated-price.ts';
import { BrokerEngine } from '../../support/broker/engine.ts';
import { drawnCourses } from '../../support/broker/plans.ts';
import type { Session } from '../../support/broker/types.ts';
import { Random } from '../random.ts';
import type { World } from '../world.ts';
import { ACCOUNT } from './kit.ts';

/** The broker of a course: what becomes of its orders is drawn. */
export function drawnBroker(
  seed: string,
  world: World,
  symbols: readonly string[],
  sessions: Session[],
): BrokerEngine {
  const fills = new Random(`${seed} fills`);
  return new BrokerEngine({
    ...{ now: () => world.now, accounts: [ACCOUNT], sessions, requestsPerMinute: 10_000 },
    assets: symbols.map((symbol) => ({ symbol })),
    price: priceOfTenMinutes(),
    courses: drawnCourses(() => fills.next()),
    judgesKeyLast: fills.chance(0.5),
  });
}

/** The simulated price as it was when ten minutes began: it costs hashes, and the value of an account has many prices. */
function priceOfTenMinutes(): (symbol: string, at: number) => string {
  const known = new Map<string, string>();
  return (symbol, at) => {
    const begin = at - (at % 600_000);
    const key = `${symbol} ${begin}`;
    const price = known.get(key) ?? simulatedPrice(symbol, begin);
    known.set(key, price);
    return price;
  };
}

/** Narrow ones, so that two orders come near them. */
export function drawnLimits(random: Random): Limits {
  const limits = {
    ...(random.chance(0.7) && { maxPosition: String(random.whole(3, 14)) }),
    ...(random.chance(0.4) && { maxDailyQuantity: String(random.whole(8, 30)) }),
    ...(random.chance(0.4) && { maxGrossExposure: String(random.whole(200, 1_500)) }),
    ...(random.chance(0.3) && { maxDailyOrders: random.whole(1, 4) }),
    allowShortSelling: random.chance(0.2),
    timeZone: 'America/New_York',
  };
  return readLimits(JSON.stringify(limits));
}
