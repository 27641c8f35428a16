import { marketHours } from '../actions/check-market-hours.ts';
import type { LambdaInvoker } from '../actions/lambda-invoker.ts';
import type { MarketAtTick, TickRecord, TickRecords } from './tick-records.ts';
import type { Trigger } from './trigger.ts';

/** Gets each tick at which the market was not known to be open. */
export interface HoursLog {
  marketClosed(tick: string, until: Date): void;
  hoursUnknown(tick: string, error: unknown): void;
}

/**
 * Whether the market was open at the instant whose prices a tick takes, as it is on record: each delivery of the tick, to
 * whichever shard, gets the same answer.
 *
 * Hours that can't be had keep no run from its start. They only save runs: that no order is placed while the market is
 * closed is for the market itself to say.
 */
export async function marketAtTick(
  { key, at }: Trigger,
  invoker: LambdaInvoker,
  records: TickRecords,
  log: HoursLog,
): Promise<TickRecord> {
  let problem: unknown;
  const found = await marketHours(invoker, at).then(
    ({ isOpen, opensAt, closesAt }): MarketAtTick =>
      isOpen ? { market: 'open', until: closesAt } : { market: 'closed', until: opensAt },
    (error: unknown): MarketAtTick => {
      problem = error;
      return { market: 'unknown', until: null };
    },
  );
  const record = await records.record(key, found);
  if (record.market === 'closed') log.marketClosed(key, record.until);
  if (record.market === 'unknown') log.hoursUnknown(key, problem);
  return record;
}
