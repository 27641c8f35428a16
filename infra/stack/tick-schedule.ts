import { Annotations, ArnFormat, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { parseSchedule } from '../schedule/expression.ts';
import { nextTick } from '../schedule/next-tick.ts';
import type { TickSymbols } from '../config/watchlist.ts';

export interface TickScheduleProps {
  orchestrator: IFunction;
  /** Receives the ticks that could not be delivered. */
  deadLetterQueue: IQueue;
  /** The symbols in the event of each schedule. */
  ticks: TickSymbols[];
  /** One or more of `cron(...)` or `rate(...)`, as `parseSchedule` takes them. */
  schedule: string;
  /** IANA name */
  timeZone: string;
  enabled: boolean;
}

/** Fires the orchestrator by one or more schedules. The scheduled time is the tick's key: a redelivery keeps it, unlike the execution's id. */
export class TickSchedule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { orchestrator, deadLetterQueue, ticks, schedule, timeZone, enabled }: TickScheduleProps,
  ) {
    super(scope, id);
    const parsed = parseSchedule(schedule);
    if (enabled && !nextTick(parsed, timeZone, new Date())) {
      // Not an error: a stack whose schedule is over can still be changed and destroyed.
      Annotations.of(this).addWarningV2('orbits-trader:schedule-over', `${parsed.text} never fires again.`);
    }
    const role = this.#role(orchestrator, deadLetterQueue);
    const fired = parsed.expressions.flatMap(({ expression }) =>
      ticks.map((symbols) => ({ expression, symbols })),
    );
    for (const [index, { expression, symbols }] of fired.entries()) {
      new Schedule(this, fired.length === 1 ? 'schedule' : `schedule-${index}`, {
        schedule: ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
        timeWindow: TimeWindow.off(),
        enabled,
        target: new LambdaInvoke(orchestrator, {
          input: ScheduleTargetInput.fromObject({
            command: 'tick',
            scheduledTime: ContextAttribute.scheduledTime,
            ...symbols,
          }),
          deadLetterQueue,
          retryAttempts: 3,
          maxEventAge: Duration.minutes(5),
          role,
        }),
      });
    }
  }

  /** CDK's own role would also allow all versions of the function. */
  #role(orchestrator: IFunction, deadLetterQueue: IQueue) {
    const stack = Stack.of(this);
    const schedules = stack.formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    const role = new Role(this, 'role', {
      // Schedules of other accounts and other groups may not use it.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': schedules } },
      }),
    });
    const allow = (action: string, resource: string) =>
      role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    allow('lambda:InvokeFunction', orchestrator.functionArn);
    allow('sqs:SendMessage', deadLetterQueue.queueArn);
    return role.withoutPolicyUpdates();
  }
}
