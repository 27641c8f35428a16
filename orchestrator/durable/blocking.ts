import type { RunDocument } from './run-document.ts';
import type { Wait } from './suspension.ts';

/** What a run waits for that a fault of the operator keeps from going on. */
const BLOCKED = 'blocked';

/** How long a blocked run waits at first, and at most. */
const BLOCKED_MS = 60_000;
const LONGEST_BLOCKED_MS = 60 * 60_000;

/** When a blocked run is tried again, less and less often, and what it waits for then. */
export function waitsOfBlocked(
  { _id, bag }: RunDocument,
  reason: string,
  now: number,
): { due: Date; waits: Wait[] } {
  const since = bag.blocked?.since.getTime() ?? now;
  const due = new Date(now + Math.min(LONGEST_BLOCKED_MS, Math.max(BLOCKED_MS, now - since)));
  const step = _id.toHexString();
  const others = (bag.waits ?? []).filter((wait) => wait.step !== step);
  return { due, waits: [{ step, ref: BLOCKED, reason, due, attempts: 0 }, ...others] };
}
