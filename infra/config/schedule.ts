import { key } from './key.ts';
import { flag, scheduleExpressions, timeZone } from './values.ts';

/** When ticks are due. */
export const scheduleKeys = {
  schedule: key(scheduleExpressions().default('cron(30/5 9 ? * MON-FRI *); cron(0/5 10-15 ? * MON-FRI *)'), {
    does: 'when a tick is due; the default is from the opening of the US market to its close',
  }),
  timeZone: key(timeZone().default('America/New_York'), {
    does: 'the time zone of `schedule`',
  }),
  scheduleEnabled: key(flag().default(true), {
    does: '`false` deploys a schedule that does not fire, and no alarm for its silence',
  }),
};
