import { key } from './key.ts';
import { flag, scheduleExpression, timeZone } from './values.ts';

/** When ticks are due. */
export const scheduleKeys = {
  schedule: key(scheduleExpression().default('cron(0/5 9-15 ? * MON-FRI *)'), {
    does: 'when a tick is due',
  }),
  timeZone: key(timeZone().default('America/New_York'), {
    does: 'the time zone of `schedule`',
  }),
  scheduleEnabled: key(flag().default(true), {
    does: '`false` deploys a schedule that does not fire, and no alarm for its silence',
  }),
};
