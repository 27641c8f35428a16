import type { Config } from '../config.ts';

/** Why an invocation starts runs: a schedule or a person. */
export interface Trigger {
  /** The scheduled time, the caller's idempotency key, or the id of the request. */
  key: string;
  /** The instant whose prices count, ISO 8601. A run keeps the one that it was started with. */
  at: string;
  /** What happens if an earlier run with the same overlap key is still open. */
  overlap: Config['overlap'];
  /** Whether it is delivered again when it fails. */
  isRedelivered: boolean;
  /** From then on it is too late to start its runs. */
  startBy?: Date;
  /** Why its runs do nothing: the tick came too late. */
  skip?: string;
}

/** A tick that is older than `maxTickAgeMinutes` starts nothing, unless it is `late`: then at the price of now. */
export function scheduleTrigger(
  event: { scheduledTime: string; late?: true | undefined },
  { overlap, maxTickAgeMinutes }: Config,
  now: Date,
): Trigger {
  const scheduledTime = new Date(event.scheduledTime).toISOString().replace('.000Z', 'Z');
  const ageMinutes = Math.floor((now.getTime() - Date.parse(scheduledTime)) / 60_000);
  const startBy = new Date(Date.parse(scheduledTime) + maxTickAgeMinutes * 60_000);
  const trigger = { key: scheduledTime, at: scheduledTime, overlap, isRedelivered: true };
  if (ageMinutes < maxTickAgeMinutes) return { ...trigger, startBy };
  // The price of the scheduled time is too old to trade at.
  if (event.late) return { ...trigger, at: now.toISOString() };
  return { ...trigger, skip: `the tick came ${ageMinutes} minutes late; the limit is ${maxTickAgeMinutes}` };
}

/** A person's runs start next to those that are open. */
export function personTrigger(key: string, now: Date): Trigger {
  return { key, at: now.toISOString(), overlap: 'allow', isRedelivered: false };
}
