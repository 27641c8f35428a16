/** How often and after which waits a failed attempt at a step is repeated. */
export interface RetryPolicy {
  /** All attempts together; 1 repeats nothing. */
  attempts: number;
  /** Upper bound of the wait after the first attempt; it doubles with each further one. */
  firstBackoffMs: number;
  /** Upper bound of any wait. */
  longestBackoffMs: number;
}

export const noRetry: RetryPolicy = { attempts: 1, firstBackoffMs: 0, longestBackoffMs: 0 };

/**
 * The wait after an attempt: exponential backoff with full jitter, so that runs that failed together do not come back
 * together.
 *
 * @param attempt the attempt that failed, from 1
 * @param random from 0 to 1
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const bound = Math.min(policy.longestBackoffMs, policy.firstBackoffMs * 2 ** (attempt - 1));
  return Math.floor(random * bound);
}
