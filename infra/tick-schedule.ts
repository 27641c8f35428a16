import { Duration, TimeZone } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface TickScheduleProps {
  orchestrator: IFunction;
  /** Takes the ticks that could not be delivered. */
  deadLetterQueue: IQueue;
  /** `cron(...)` or `rate(...)` */
  expression: string;
  /** IANA name */
  timeZone: string;
}

/** Fires the orchestrator. The scheduled time is the tick's key: unlike the execution's id, a redelivery keeps it. */
export class TickSchedule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { orchestrator, deadLetterQueue, expression, timeZone }: TickScheduleProps,
  ) {
    super(scope, id);
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
