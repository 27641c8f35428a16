import { readLimits, type Limits } from '../../../functions/ledger/limits.ts';
import { simulatedPrice } from '../../../functions/market/simulated-price.ts';
import { BrokerEngine } from '../../support/broker/engine.ts';
import { drawnCourses } from '../../support/broker/plans.ts';
import type { Session } from '../../support/broker/types.ts';
import { Random } from '../random.ts';
import type { World } from '../world.ts';
import { ACCOUNT } from './desks.ts';

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
    price: simulatedPrice,
    courses: drawnCourses(() => fills.next()),
    judgesKeyLast: fills.chance(0.5),
  });
}

/** Narrow ones, so that two orders come near them. */
export function drawnLimits(random: Random): Limits {
  const limits = {
    ...(random.chance(0.7) && { maxPosition: String(random.whole(3, 14)) }),
    ...(random.chance(0.4) && { maxDailyQuantity: String(random.whole(8, 30)) }),
    allowShortSelling: random.chance(0.2),
    timeZone: 'America/New_York',
  };
  return readLimits(JSON.stringify(limits));
}
