import type { LaneSetup } from '../../support/fault-lane.ts';

/** A tick is late after so many minutes, and an approval is waited for as long. */
export const LIMIT_MINUTES = 60;

/** Ticks that come too late, or while an earlier run is open, are skipped. */
export const SKIPPING: LaneSetup = {
  branch: 'sell',
  environment: { MAX_TICK_AGE_MINUTES: String(LIMIT_MINUTES), OVERLAP: 'skip' },
};

/** Every order is approved by a person, and a tick that comes while an earlier run is open waits for that one's end. */
export const APPROVING: LaneSetup = {
  branch: 'buy',
  environment: { APPROVE_ABOVE: '0', APPROVAL_TIMEOUT_MINUTES: String(LIMIT_MINUTES), OVERLAP: 'queue' },
};
