import { checkMarketHours } from '../../functions/contracts/check-market-hours.ts';
import { InvokeError } from './invoke-errors.ts';
import type { LambdaInvoker } from './lambda-invoker.ts';

/** A first attempt that took longer leaves no time for a second one and the steps of a tick. */
const QUICK_MS = 3_000;

/** The regular session that is open at an instant, or else the next one. */
export interface MarketHours {
  isOpen: boolean;
  opensAt: Date;
  closesAt: Date;
}

/** @param at ISO 8601 in UTC */
export async function marketHours(invoker: LambdaInvoker, at: string): Promise<MarketHours> {
  const begun = Date.now();
  const ask = () => invoker.invoke(checkMarketHours, { at });
  const answer = await ask().catch((error: unknown) => {
    const isWorthIt = error instanceof InvokeError && error.isRetriable && Date.now() - begun < QUICK_MS;
    if (!isWorthIt) throw error;
    return ask();
  });
  return {
    isOpen: answer.is_open,
    opensAt: new Date(answer.opens_at),
    closesAt: new Date(answer.closes_at),
  };
}
