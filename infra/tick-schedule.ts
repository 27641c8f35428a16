import { Duration, TimeZone } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface TickScheduleProps {
  orchestrator: IFunction;
  /** `cron(...)` or `rate(...)` */
  expression: string;
  /** IANA name */
  timeZone: string;
}

/** Fires the orchestrator. The scheduled time is the tick's key: unlike the execution's id, a redelivery keeps it. */
export class TickSchedule extends Construct {
  constructor(scope: Construct, id: string, { orchestrator, expression, timeZone }: TickScheduleProps) {
    super(scope, id);
    const deadLetterQueue = new Queue(this, 'dead-letters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    new Schedule(this, 'schedule', {
      schedule: ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
      target: new LambdaInvoke(orchestrator, {
        input: ScheduleTargetInput.fromObject({
          command: 'tick',
          scheduledTime: ContextAttribute.scheduledTime,
        }),
        deadLetterQueue,
        retryAttempts: 3,
        maxEventAge: Duration.minutes(5),
      }),
    });
  }
}
