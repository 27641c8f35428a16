import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeSqs } from './fake-sqs.ts';

export interface FakeFunction {
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
}

export interface FakeSchedule {
  name: string;
  expression: string;
  timeZone: string;
  state: 'ENABLED' | 'DISABLED';
  input: string;
  targetArn: string;
  deadLetterQueueArn?: string;
}

/** The reply of an invocation, or the error that the function threw. */
export type Reply = { payload: string } | { error: object };

export const arnOfFunction = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
export const arnOfQueue = (name: string) => `arn:aws:sqs:us-east-1:123456789012:${name}`;
const CREDENTIALS = { accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake-secret-never-shown' };

/** Those parts of Lambda, EventBridge Scheduler and SQS that the command line asks of a deployment, on loopback. */
export class FakeAws {
  readonly sqs = new FakeSqs();
  readonly functions = new Map<string, FakeFunction>();
  readonly schedules: FakeSchedule[] = [];
  /** The failure destination of each function that has one. */
  readonly destinations = new Map<string, string>();
  /** What each invocation answers. */
  invoked: (event: unknown) => Promise<Reply> = () => Promise.resolve({ payload: '{}' });
  /** Receives each action before it is done, and answers a status if the action must fail. */
  interfere: (action: string) => number | undefined = () => undefined;
  readonly events: unknown[] = [];
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  /** Answers the environment of a process that is to find this instead of AWS. */
  async listen(): Promise<Record<string, string>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.sqs.endpoint = endpoint;
    return {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const reply = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    const { pathname, searchParams } = new URL(request.url!, 'http://fake');
    const target = request.headers['x-amz-target'];
    const action = target === undefined ? `${request.method} ${pathname}` : String(target);
    const status = this.interfere(action);
    if (status !== undefined) return void reply(status, { __type: 'InternalFailure', message: 'interfered' });
    if (!/^AWS4-HMAC-SHA256 Credential=AKIAFAKE\//.test(request.headers.authorization ?? '')) {
      return void reply(403, { __type: 'MissingAuthenticationToken', message: 'not signed' });
    }
    if (target !== undefined) {
      const { status, body } = this.sqs.answer(String(target), text);
      return void reply(status, body, { 'content-type': 'application/x-amz-json-1.0' });
    }
    const [, first, , name = '', what] = pathname.split('/').map(decodeURIComponent);
    if (first === 'schedules') return this.#schedules(pathname.split('/')[2], searchParams, reply);
    const deployed = this.functions.get(name);
    const headers = { 'x-amzn-errortype': 'ResourceNotFoundException' };
    if (!deployed) return void reply(404, { Message: `Function not found: ${name}` }, headers);
    if (what === 'invocations') {
      const event = JSON.parse(text) as unknown;
      this.events.push(event);
      const result = await this.invoked(event);
      return 'payload' in result
        ? void reply(200, result.payload)
        : void reply(200, result.error, { 'x-amz-function-error': 'Unhandled' });
    }
    if (what === 'event-invoke-config') {
      const Destination = this.destinations.get(name);
      return Destination === undefined
        ? void reply(404, { Message: 'no config' }, headers)
        : void reply(200, { DestinationConfig: { OnFailure: { Destination } } });
    }
    return void reply(200, {
      FunctionName: name,
      FunctionArn: arnOfFunction(name),
      Runtime: 'nodejs24.x',
      Timeout: deployed.timeoutSeconds,
      MemorySize: deployed.memoryMb,
      Environment: { Variables: deployed.environment },
    });
  }

  /** One schedule, or a page of two of all. */
  #schedules(
    name: string | undefined,
    query: URLSearchParams,
    reply: (status: number, body: unknown) => void,
  ): void {
    if (name === undefined) {
      const from = Number(query.get('NextToken') ?? 0);
      const page = this.schedules.slice(from, from + 2);
      const NextToken = from + 2 < this.schedules.length ? String(from + 2) : undefined;
      return reply(200, {
        Schedules: page.map((each) => ({
          Name: each.name,
          GroupName: 'default',
          Target: { Arn: each.targetArn },
        })),
        NextToken,
      });
    }
    const found = this.schedules.find((each) => each.name === decodeURIComponent(name))!;
    reply(200, {
      Name: found.name,
      GroupName: 'default',
      ScheduleExpression: found.expression,
      ScheduleExpressionTimezone: found.timeZone,
      State: found.state,
      Target: {
        Arn: found.targetArn,
        Input: found.input,
        ...(found.deadLetterQueueArn !== undefined && {
          DeadLetterConfig: { Arn: found.deadLetterQueueArn },
        }),
      },
    });
  }
}
