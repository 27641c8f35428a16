import { runDeadLetters } from '../../infra/cli/dead-letters/dead-letters.ts';
import { openTarget } from '../../infra/cli/target.ts';
import { arnOfFunction, arnOfQueue, FakeAws } from './fake-aws.ts';
import { root } from './local-app.ts';

export const NAME = 'orchestrator-1A2B';
export const FAILED = 'stack-failed-3C4D';
export const UNDELIVERED = 'stack-undelivered-5E6F';
export const KEYWORD = '<aws.scheduler.scheduled-time>';

type Options = Parameters<typeof runDeadLetters>[0] & { json?: boolean };

/** A deployment with two queues of dead letters, on a fake AWS that the environment of this process points at. */
export class DeadLetters {
  readonly aws = new FakeAws();
  readonly #environment = { ...process.env };
  readonly #now = Date.now;

  async listen(): Promise<this> {
    Object.assign(process.env, await this.aws.listen());
    this.aws.functions.set(NAME, {
      environment: { MAX_TICK_AGE_MINUTES: '15' },
      timeoutSeconds: 60,
      memoryMb: 512,
    });
    this.aws.destinations.set(NAME, arnOfQueue(FAILED));
    for (const index of [0, 1, 2]) {
      this.aws.schedules.push({
        name: `tick-${index}`,
        expression: 'rate(1 minute)',
        timeZone: 'UTC',
        state: 'ENABLED',
        input: '{}',
        targetArn: index === 0 ? arnOfFunction('another') : arnOfFunction(NAME),
        deadLetterQueueArn: arnOfQueue(index === 0 ? 'not-ours' : UNDELIVERED),
      });
    }
    for (const name of [FAILED, UNDELIVERED]) this.aws.sqs.queue(name);
    this.aws.invoked = () => Promise.resolve({ payload: JSON.stringify({ outcome: 'taken' }) });
    return this;
  }

  /** Runs the command; returns its output and its problem. */
  async run({ json = false, ...options }: Options = {}): Promise<[string, string | undefined]> {
    const where = { functionName: NAME, data: undefined };
    const target = openTarget(root, where);
    try {
      const { output, problem } = await runDeadLetters(options, { where, json, open: () => target });
      return [output, problem];
    } finally {
      await (await target).close();
    }
  }

  /** Lets time pass, for the queues and for this process. */
  advance(seconds: number): void {
    this.aws.sqs.advance(seconds);
    const now = Date.now;
    Date.now = () => now() + seconds * 1_000;
  }

  async close(): Promise<void> {
    Date.now = this.#now;
    process.env = this.#environment;
    await this.aws.close();
  }
}

export const minutesAgo = (minutes: number) =>
  new Date(Math.floor(Date.now() / 1000) * 1000 - minutes * 60_000).toISOString().replace('.000Z', 'Z');
export const tick = (scheduledTime: string) => ({ command: 'tick', scheduledTime });

/** What Lambda sends to the destination of failed invocations. */
export const record = (
  requestPayload: unknown,
  condition = 'RetriesExhausted',
  responsePayload: unknown = null,
) =>
  JSON.stringify({
    version: '1.0',
    timestamp: '2026-11-25T12:00:00.000Z',
    requestContext: {
      requestId: 'request-1',
      functionArn: arnOfFunction(NAME),
      condition,
      approximateInvokeCount: 3,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload,
  });
/** What EventBridge Scheduler adds to an event that it could not deliver. */
export const undelivered = (time: string) => ({
  ERROR_CODE: 'AWS.Scheduler.InternalServerError',
  ERROR_MESSAGE: 'Rate Exceeded.',
  RETRY_ATTEMPTS: '3',
  EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
  SCHEDULED_TIME: time,
});
