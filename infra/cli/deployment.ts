import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetScheduleCommand, paginateListSchedules, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Thrown where AWS can't be asked, or refuses; the message is one line that says what was asked. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

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

/** Without `throwOnRequestTimeout` the SDK only warns of an answer that never comes. */
const aws = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
};

/** What AWS says of a deployed orchestrator, with the usual credentials and region. It is read, and not changed. */
export class Deployment {
  readonly name: string;
  readonly sqs: SQSClient;
  readonly #lambda: LambdaClient;
  readonly #scheduler: SchedulerClient;

  /** @param name the orchestrator's name, as the stack's output has it */
  constructor(name: string) {
    // The SDK would warn of each Node older than its own choice, above every answer.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    this.name = name;
    this.sqs = new SQSClient(aws);
    this.#lambda = new LambdaClient(aws);
    this.#scheduler = new SchedulerClient(aws);
  }

  /** @param name the orchestrator, or a function that it invokes */
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

  /** The ARN to which Lambda sends the events that the orchestrator failed on; undefined where there is none. */
  async failureDestination(): Promise<string | undefined> {
    const command = new GetFunctionEventInvokeConfigCommand({ FunctionName: this.name });
    try {
      const { DestinationConfig } = await this.#lambda.send(command);
      return DestinationConfig?.OnFailure?.Destination;
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw new DeploymentError(inWords(`the failure destination of ${this.name}`, error as Error));
    }
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
    // What a schedule has that names none.
    timeZone: schedule.ScheduleExpressionTimezone ?? 'UTC',
    enabled: schedule.State !== 'DISABLED',
    input: schedule.Target?.Input ?? '',
    deadLetterQueueArn: schedule.Target?.DeadLetterConfig?.Arn,
  };
}

/** Does it, or throws a `DeploymentError` that says what was asked for. */
export async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new DeploymentError(inWords(what, error as Error));
  }
}

function inWords(what: string, { name, message }: Error): string {
  if (name === 'CredentialsProviderError') {
    return 'There are no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  }
  if (message.includes('Region is missing')) return 'There is no AWS region. Set AWS_REGION.';
  if (name === 'ResourceNotFoundException') {
    return `There is not ${what} in this account and region. The orchestrator's name is an output of the stack.`;
  }
  const [line = ''] = message.split('\n');
  return `AWS was asked for ${what}, and did not answer it: ${name}: ${line}`;
}
