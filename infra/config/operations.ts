import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { key } from './key.ts';
import { email, wholeNumber } from './values.ts';

const RETENTION = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** What the people who operate the deployment see of it. */
export const operationsKeys = {
  logRetentionDays: key(
    wholeNumber('days', 1, 3653)
      .refine((days) => RETENTION.includes(days))
      .describe(`a number of days that CloudWatch Logs knows: ${RETENTION.join(', ')}`)
      .default(30),
    { does: "how long the functions' log lines are kept" },
  ),
  alarmEmail: key(email().optional(), {
    does: 'receives the alarms; AWS asks this address to confirm',
  }),
  notificationEmail: key(email().optional(), {
    does: 'receives requests for approval, trades, rejections and failed runs',
  }),
};
