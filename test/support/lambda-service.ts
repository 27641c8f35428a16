import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import { Callers } from '../../infra/local/lambda/callers.ts';
import { EventQueue, type FailedEvent } from '../../infra/local/lambda/event-queue.ts';
import { Functions } from '../../infra/local/lambda/functions.ts';
import { AwsService } from '../../infra/local/lambda/service.ts';
import type { LocalFunction } from '../../infra/local/template.ts';
import { temporaryFolder } from './local-app.ts';

export const NAME = 'OrbitsTrader-f';
export const ARN = `arn:aws:lambda:us-east-1:000000000000:function:${NAME}`;

/** A function that does what its event says. */
const SOURCE = `
let failures = 0;
export async function handler(event, context) {
  for (const line of event?.print ?? []) console.log(line);
  for (const line of event?.warn ?? []) console.error(line);
  if (event?.unfinished) process.stdout.write(event.unfinished);
  if (event?.exit) process.exit(event.exit);
  if (event?.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event?.failures > failures++) throw new TypeError('failure ' + failures);
  failures = 0;
  const { awsRequestId, clientContext, functionVersion, invokedFunctionArn } = context;
  return { event, awsRequestId, clientContext, functionVersion, invokedFunctionArn };
}`;

/** The local Lambda API with that one function, a client of it, and what was written, waited and given up on. */
export class TestService {
  readonly lines: string[] = [];
  readonly waits: number[] = [];
  readonly failed: FailedEvent[] = [];
  #onSettled: () => void = () => undefined;
  readonly #folder = temporaryFolder();
  readonly #service: AwsService;
  readonly #functions: Functions;
  readonly #events: EventQueue;
  readonly #client: LambdaClient;

  static async start(): Promise<TestService> {
    const service = new AwsService(new Callers(), 'secret', {});
    return new TestService(service, await service.listen());
  }

  private constructor(
    service: AwsService,
    readonly endpoint: string,
  ) {
    this.#service = service;
    const file = join(this.#folder.path, 'index.mjs');
    writeFileSync(file, SOURCE);
    const fn: LocalFunction = {
      name: NAME,
      file,
      exportName: 'handler',
      environment: {},
      runtime: 'nodejs24.x',
      timeoutMs: 5_000,
      memoryMb: 128,
      permissions: [],
      asynchronous: { maximumRetryAttempts: 2, maximumEventAgeMs: 300_000 },
    };
    this.#functions = new Functions([fn], {
      shared: { PATH: process.env['PATH'] ?? '' },
      onLog: (_, line) => this.lines.push(line),
      onInvocation: ({ phase, payload }) => {
        if (phase === 'answered' && payload.includes('"settles"')) this.#onSettled();
      },
    });
    this.#events = new EventQueue({
      invoke: (target, invocation) => this.#functions.run(target, invocation),
      onFailure: (_, event) => {
        this.failed.push(event);
        this.#onSettled();
      },
      clock: {
        now: () => 0,
        sleep: (ms) => {
          this.waits.push(ms);
          return Promise.resolve();
        },
      },
    });
    service.serve(this.#functions, this.#events);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    this.#client = new LambdaClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  }

  async invoke(event: unknown, options: Partial<InvokeCommandInput> = {}) {
    const command = new InvokeCommand({ FunctionName: NAME, Payload: JSON.stringify(event), ...options });
    const { Payload, LogResult, $metadata, ...rest } = await this.#client.send(command);
    const text = Payload?.transformToString() ?? '';
    const log = LogResult === undefined ? undefined : Buffer.from(LogResult, 'base64').toString();
    return { ...rest, answer: text && (JSON.parse(text) as unknown), log, requestId: $metadata.requestId };
  }

  /** Fulfilled when an event with `settles` was run, or one was given up on. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSettled = resolve;
    });
  }

  /** Forgets what was seen so far. */
  forget(): void {
    for (const seen of [this.lines, this.waits, this.failed]) seen.length = 0;
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await this.#events.close();
    await Promise.all([this.#service.close(), this.#functions.close()]);
    this.#folder.remove();
  }
}

/** The status, name and message of the error that a call ends with. */
export const refusalOf = async (call: Promise<unknown>) =>
  call.then(
    () => 'It was taken.',
    ({ name, message, $metadata }: Error & { $metadata: { httpStatusCode: number } }) =>
      `${$metadata.httpStatusCode} ${name}: ${message}`,
  );
