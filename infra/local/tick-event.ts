/** When a tick is to come, and whether the schedule says so, or a person who pressed Enter. */
export interface Next {
  time: Date;
  isScheduled: boolean;
}

/**
 * What a schedule sends at a time, or the run of the same symbols that a person asks for: that one starts while the market
 * is closed, too.
 *
 * @param input the event of the schedule, with EventBridge Scheduler's placeholders in it
 */
export function eventOf({ time, isScheduled }: Next, input: string): object {
  const event = JSON.parse(input.replaceAll('<aws.scheduler.scheduled-time>', toSchedulerTime(time))) as {
    scheduledTime: string;
  };
  if (isScheduled) return event;
  const { scheduledTime: idempotencyKey, ...members } = event;
  return { ...members, command: 'run', idempotencyKey };
}

/** As EventBridge Scheduler writes it: whole seconds, in UTC. */
function toSchedulerTime(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
