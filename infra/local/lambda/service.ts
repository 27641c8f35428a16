import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { LATEST, secretArn, toFunctionArn } from '../arns.ts';
import type { LocalFunction } from '../template.ts';
import { ID_HEADER } from '../endpoint-file.ts';
import type { Callers } from './callers.ts';
import { ServiceError } from './errors.ts';
import type { EventQueue } from './event-queue.ts';
import type { Invocation, InvocationResult } from './execution-environment.ts';
import type { Functions } from './functions.ts';
import { LogTail } from './log-tail.ts';
import { decodeText, parsePayload, PAYLOAD_LIMIT, readBody } from './payload.ts';
import { parseInvokeRequest, type InvokeRequest } from './request.ts';
import { parsePublish, publishAnswer, type TopicMessage } from './topics.ts';

const secretRequest = z.object({ SecretId: z.string() });

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** Otherwise a page in your browser could trade by a request. No client of AWS sends these headers. */
function refuseWebPages({ headers }: IncomingMessage): void {
  const isOfPage = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  if (!isOfPage && LOOPBACK.test(headers.host ?? '')) return;
  throw new ServiceError(403, 'AccessDeniedException', 'This API is not for web pages, nor for other hosts.');
}

/** Lambda's Invoke API, Secrets Manager's GetSecretValue and SNS's Publish, on loopback. */
export class AwsService {
  /** Distinguishes this local run from any other. */
  readonly id = randomUUID();
  readonly #server: Server;
  #functions: Functions | undefined;
  #events: EventQueue | undefined;
  readonly #callers: Callers;
  /** The secret of the database: the MongoDB URI. */
  secret: string;
  readonly #otherSecrets: Record<string, string>;

  constructor(
    callers: Callers,
    secret: string,
    otherSecrets: Record<string, string>,
    private readonly onMessage: (message: TopicMessage) => void = () => undefined,
  ) {
    this.#callers = callers;
    this.secret = secret;
    this.#otherSecrets = otherSecrets;
    this.#server = createServer((request, response) => {
      response.setHeader(ID_HEADER, this.id);
      this.#answer(request, response).catch((error: unknown) => refuse(response, error));
    });
  }

  /** Listens on a free port and answers the endpoint's URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(functions: Functions, events: EventQueue): void {
    this.#functions = functions;
    this.#events = events;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    refuseWebPages(request);
    const { authorization } = request.headers;
    if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
      const body = await readBody(request);
      const { SecretId } = read(() => secretRequest.parse(JSON.parse(decodeText(body))));
      this.#callers.authorize(authorization, 'secretsmanager:GetSecretValue', secretArn(SecretId));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      const SecretString = this.#otherSecrets[SecretId] ?? this.secret;
      response.end(JSON.stringify({ Name: SecretId, SecretString, VersionId: 'local' }));
      return;
    }
    // A request to SNS has no path; a plain curl sends this content type to Lambda's path.
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    if (isForm && request.url === '/') {
      const body = await readBody(request);
      const message = read(() => parsePublish(decodeText(body)));
      this.#callers.authorize(authorization, 'sns:Publish', message.topicArn);
      this.onMessage(message);
      response.writeHead(200, { 'content-type': 'text/xml' }).end(publishAnswer());
      return;
    }
    const invoke =
      request.method === 'POST' ? parseInvokeRequest(request.url ?? '', request.headers) : undefined;
    if (!invoke || !this.#functions) {
      throw new ServiceError(
        404,
        'UnknownOperationException',
        'Only the Invoke API of Lambda is served here.',
      );
    }
    const body = await readBody(request);
    const fn = this.#functions.find(invoke.reference);
    this.#callers.authorize(authorization, 'lambda:InvokeFunction', toFunctionArn(invoke.reference));
    const invocation = {
      requestId: randomUUID(),
      payload: parsePayload(body, invoke.type),
      functionArn: toFunctionArn(invoke.reference),
    };
    await this.#invoke(fn, invoke, invocation, response);
  }

  async #invoke(
    fn: LocalFunction,
    { type, wantsLog, clientContext }: InvokeRequest,
    invocation: Invocation,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = { 'x-amzn-requestid': invocation.requestId };
    if (type === 'DryRun') {
      respond(response, 204, '', requestId);
      return;
    }
    if (type === 'Event') {
      this.#events!.add(fn, invocation);
      respond(response, 202, '', requestId);
      return;
    }
    const log = wantsLog ? new LogTail() : undefined;
    const result = withinLimit(await this.#functions!.run(fn, { ...invocation, clientContext, log }));
    const [body, error] =
      'error' in result
        ? [JSON.stringify(result.error), { 'x-amz-function-error': 'Unhandled' }]
        : [result.payload, {}];
    respond(response, 200, body, {
      ...requestId,
      ...error,
      'x-amz-executed-version': LATEST,
      ...(log && { 'x-amz-log-result': log.toBase64() }),
    });
  }
}

function withinLimit(result: InvocationResult): InvocationResult {
  if ('error' in result || Buffer.byteLength(result.payload) <= PAYLOAD_LIMIT) return result;
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`;
  return { error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

/** @throws ServiceError if a request of a service other than Lambda is not valid */
function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const why = (error as Error).message.replace(/\s+/g, ' ');
    throw new ServiceError(400, 'SerializationException', `The request can't be read: ${why}`);
  }
}

function respond(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  response.end(body);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  const { status, name, message } =
    error instanceof ServiceError
      ? error
      : new ServiceError(500, 'ServiceException', (error as Error).message);
  respond(response, status, JSON.stringify({ Type: 'User', Message: message }), { 'x-amzn-errortype': name });
}
