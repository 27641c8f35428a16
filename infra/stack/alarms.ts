import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  Stats,
  TreatMissingData,
  type AlarmProps,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ledger, runs, ticks } from './metrics.ts';
import { openHours } from './open-hours.ts';
import { rhythmOf } from '../schedule/rhythm.ts';

export interface AlarmsProps {
  orchestrator: IFunction;
  orchestratorTimeout: Duration;
  functions: IFunction[];
  deadLetterQueues: IQueue[];
  /** Whether the ledger is compared with a broker. */
  hasBroker: boolean;
  schedule: string;
  timeZone: string;
  /** A schedule that is not enabled is expected to be silent. */
  scheduleEnabled: boolean;
  /** Receives the alarms; they also exist without it. */
  email: string | undefined;
}

/** What a person must look at. */
export class Alarms extends Construct {
  readonly #topic: Topic | undefined;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    if (props.email !== undefined) this.#topic = this.#newTopic(props.email);
    const { orchestrator, orchestratorTimeout, functions, deadLetterQueues } = props;

    this.#add('failed-runs', {
      alarmDescription: 'A run ended in ERROR. Search the orchestrator\'s log for "run ended".',
      metric: runs('RunsFailed'),
      threshold: 0,
    });
    this.#add('blocked-runs', {
      alarmDescription:
        'A run can not go on: its workflow is not deployed, its code no longer matches its history, or it crashes ' +
        `again and again. See npm run trader -- list --state BLOCKED --function ${orchestrator.functionName}`,
      metric: runs('RunsBlocked'),
      threshold: 0,
    });
    this.#add('hours-unknown', {
      alarmDescription:
        'The market\'s hours could not be had, so ticks start runs at any hour. Search the orchestrator\'s log for "hours".',
      metric: ticks('HoursUnknown'),
      threshold: 0,
    });
    if (props.hasBroker) this.#addLedger(orchestrator.functionName);
    if (props.scheduleEnabled) this.#addSilence(props.schedule, props.timeZone);
    for (const queue of deadLetterQueues) {
      this.#add(`${queue.node.id}-not-empty`, {
        alarmDescription:
          'A tick was given up on and is in a dead-letter queue. ' +
          `See npm run trader -- dead-letters --function ${orchestrator.functionName}`,
        metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
        threshold: 0,
      });
    }
    this.#add('duration-near-timeout', {
      alarmDescription:
        'The orchestrator took more than 80 % of its time limit. Raise orchestratorTimeoutSeconds.',
      metric: orchestrator.metricDuration({ statistic: Stats.MAXIMUM }),
      threshold: orchestratorTimeout.toMilliseconds() * 0.8,
    });
    this.#add('throttles', {
      alarmDescription: "Lambda throttled a function. Raise the account's limit of concurrent executions.",
      metric: new MathExpression({
        expression: functions.map((_, index) => `FILL(f${index}, 0)`).join(' + '),
        usingMetrics: Object.fromEntries(functions.map((fn, index) => [`f${index}`, fn.metricThrottles()])),
        label: 'throttles',
      }),
      threshold: 0,
    });
  }

  /** Each tick compares the ledger with the broker. */
  #addLedger(functionName: string): void {
    this.#add('ledger-differs', {
      alarmDescription:
        'The ledger and the broker differ; new orders of these symbols are refused. ' +
        `See npm run trader -- reconcile --function ${functionName}`,
      metric: ledger('LedgerDifferences'),
      threshold: 0,
      // At night nothing is compared: what differed in the evening still does.
      treatMissingData: TreatMissingData.IGNORE,
    });
    this.#add('ledger-not-compared', {
      alarmDescription:
        'For an hour, no tick could compare the ledger with the broker, or an order was under way all the time. ' +
        'Search the orchestrator\'s log for "broker".',
      metric: ledger('LedgerCompared', Duration.hours(1)),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
    });
  }

  /** Neither a run nor a closed market in two periods of the schedule, in the hours in which it fires. */
  #addSilence(schedule: string, timeZone: string): void {
    const rhythm = rhythmOf(schedule, timeZone);
    if (!rhythm) return;
    // CloudWatch has no periods longer than a day.
    const period = Duration.millis(Math.min(rhythm.windowMs, Duration.days(1).toMilliseconds()));
    // A period without a run has no data. AWS does not document whether FILL fills a range without any data.
    // TIME_SERIES has a value for every period, and a sum counts a missing value as 0.
    const filled = new MathExpression({
      expression: 'TIME_SERIES(0) + started + closed',
      usingMetrics: { started: runs('RunsStarted', period), closed: ticks('TicksClosed', period) },
      period,
    });
    this.#add('no-runs', {
      alarmDescription:
        'In two periods of the schedule no run was started, and no tick found the market closed.',
      metric: new MathExpression({
        expression: openHours(rhythm.hours, 'filled', { closed: 1 }),
        usingMetrics: { filled },
        period,
        label: 'runs started, and ticks at a closed market',
      }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: Math.ceil(rhythm.windowMs / period.toMilliseconds()),
      // The expression has a value in every period. If CloudWatch has none, a person must look.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  #add(id: string, props: Omit<AlarmProps, 'evaluationPeriods'> & { evaluationPeriods?: number }): void {
    const alarm = new Alarm(this, id, {
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic));
  }

  #newTopic(email: string): Topic {
    const topic = new Topic(this, 'topic', { displayName: 'Orbits Trader alarms', enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    // This policy replaces the default one, which lets the account's alarms publish.
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }
}
