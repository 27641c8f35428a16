import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetScheduleCommand, paginateListSchedules, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { asked } from './asked.ts';

/** A function as it is deployed. */
export interface DeployedFunction {
  arn: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  runtime: string;
}

/** A schedule as it is deployed. */
export interface DeployedSchedule {
  name: string;
  /** `cron(...)` or `rate(...)` */
  expression: string;
  timeZone: string;
  enabled: boolean;
  /** The event as JSON, with the keywords of EventBridge Scheduler in it. */
  input: string;
  deadLetterQueueArn: string | undefined;
}

/** Without `throwOnRequestTimeout`, the SDK only prints a warning when no answer comes. */
const aws = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
};

/** A deployed orchestrator, by your AWS credentials and region. It is only read. */
export class Deployment {
  readonly name: string;
  readonly sqs: SQSClient;
  readonly #lambda: LambdaClient;
  readonly #scheduler: SchedulerClient;

  /** @param name the name of the orchestrator, which is an output of the stack */
  constructor(name: string) {
    // Without it, the SDK prints a warning about older versions of Node above each answer.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    this.name = name;
    this.sqs = new SQSClient(aws);
    this.#lambda = new LambdaClient(aws);
    this.#scheduler = new SchedulerClient(aws);
  }

  /** @param name if not the orchestrator: a function that it invokes */
  async functionNamed(name = this.name): Promise<DeployedFunction> {
    const found = await asked(`the function ${name}`, () =>
      this.#lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })),
    );
    return {
      arn: found.FunctionArn ?? '',
      environment: found.Environment?.Variables ?? {},
      timeoutSeconds: found.Timeout ?? 0,
      memoryMb: found.MemorySize ?? 0,
      runtime: found.Runtime ?? '',
    };
  }

  /** The ARN to which Lambda sends the events that the orchestrator failed on, if any. */
  async failureDestination(): Promise<string | undefined> {
    const command = new GetFunctionEventInvokeConfigCommand({ FunctionName: this.name });
    const found = await asked(`the failure destination of ${this.name}`, () =>
      this.#lambda.send(command).catch((error: Error) => {
        if (error.name === 'ResourceNotFoundException') return undefined;
        throw error;
      }),
    );
    return found?.DestinationConfig?.OnFailure?.Destination;
  }

  /** All schedules of this account and region whose target is this function. */
  async schedulesOf(functionArn: string): Promise<DeployedSchedule[]> {
    return asked(`the schedules of ${this.name}`, async () => {
      const found: DeployedSchedule[] = [];
      for await (const page of paginateListSchedules({ client: this.#scheduler, pageSize: 100 }, {})) {
        const ours = (page.Schedules ?? []).filter(({ Target }) => Target?.Arn === functionArn);
        for (const { Name, GroupName } of ours) {
          found.push(toSchedule(await this.#scheduler.send(new GetScheduleCommand({ Name, GroupName }))));
        }
      }
      return found;
    });
  }

  close(): void {
    this.sqs.destroy();
    this.#lambda.destroy();
    this.#scheduler.destroy();
  }
}

function toSchedule(schedule: {
  Name?: string | undefined;
  ScheduleExpression?: string | undefined;
  ScheduleExpressionTimezone?: string | undefined;
  State?: string | undefined;
  Target?:
    { Input?: string | undefined; DeadLetterConfig?: { Arn?: string | undefined } | undefined } | undefined;
}): DeployedSchedule {
  return {
    name: schedule.Name ?? '',
    expression: schedule.ScheduleExpression ?? '',
    // The default of EventBridge Scheduler.
    timeZone: schedule.ScheduleExpressionTimezone ?? 'UTC',
    enabled: schedule.State !== 'DISABLED',
    input: schedule.Target?.Input ?? '',
    deadLetterQueueArn: schedule.Target?.DeadLetterConfig?.Arn,
  };
}
