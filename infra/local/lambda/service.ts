import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { functionArn, secretArn } from '../arns.ts';
import { ID_HEADER } from '../endpoint-file.ts';
import type { Callers } from './callers.ts';
import { ServiceError, type Functions } from './functions.ts';
import { parsePublish, publishAnswer, type TopicMessage } from './topics.ts';

/** Lambda's limit on the payload of a synchronous invocation, either way, in bytes. */
const PAYLOAD_LIMIT = 6_291_556;

const secretRequest = z.object({ SecretId: z.string() });

/** Lambda's Invoke API, Secrets Manager's GetSecretValue and SNS's Publish, on loopback. */
export class AwsService {
  /** Tells this local run from any other. */
  readonly id = randomUUID();
  readonly #server: Server;
  #functions: Functions | undefined;
  readonly #callers: Callers;
  /** What the secret of the database holds: the MongoDB URI. */
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

  serve(functions: Functions): void {
    this.#functions = functions;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers;
    if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') {
      const { SecretId } = secretRequest.parse(JSON.parse((await readBody(request)).toString('utf8')));
      this.#callers.authorize(authorization, 'secretsmanager:GetSecretValue', secretArn(SecretId));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      const SecretString = this.#otherSecrets[SecretId] ?? this.secret;
      response.end(JSON.stringify({ Name: SecretId, SecretString, VersionId: 'local' }));
      return;
    }
    // SNS has no path; a plain curl sends this content type to Lambda's.
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    if (isForm && request.url === '/') {
      const message = parsePublish((await readBody(request)).toString('utf8'));
      this.#callers.authorize(authorization, 'sns:Publish', message.topicArn);
      this.onMessage(message);
      response.writeHead(200, { 'content-type': 'text/xml' }).end(publishAnswer());
      return;
    }
    const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations(?:\?.*)?$/.exec(request.url ?? '');
    if (request.method !== 'POST' || !path || !this.#functions) {
      throw new ServiceError(
        404,
        'UnknownOperationException',
        'Only the Invoke API of Lambda is served here.',
      );
    }
    const body = await readBody(request);
    const { name } = this.#functions.find(decodeURIComponent(path[1]!));
    this.#callers.authorize(authorization, 'lambda:InvokeFunction', functionArn(name));
    await this.#invoke(name, request.headers['x-amz-invocation-type'], body, response);
  }

  async #invoke(name: string, type: unknown, body: Buffer, response: ServerResponse): Promise<void> {
    const functions = this.#functions!;
    const payload = parsePayload(body);
    if (type === 'DryRun') {
      respond(response, 204, '');
      return;
    }
    if (type === 'Event') {
      void functions.invoke(name, payload).catch(() => undefined);
      respond(response, 202, '');
      return;
    }
    const result = await functions.invoke(name, payload);
    if ('payload' in result && Buffer.byteLength(result.payload) > PAYLOAD_LIMIT) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`;
      const error = { errorType: 'Function.ResponseSizeTooLarge', errorMessage };
      respond(response, 200, JSON.stringify(error), { 'x-amz-function-error': 'Unhandled' });
    } else if ('payload' in result) {
      respond(response, 200, result.payload);
    } else {
      respond(response, 200, JSON.stringify(result.error), { 'x-amz-function-error': 'Unhandled' });
    }
  }
}

function parsePayload(body: Buffer): string {
  const payload = body.length === 0 ? '{}' : body.toString('utf8');
  try {
    JSON.parse(payload);
    return payload;
  } catch (error) {
    const why = (error as Error).message;
    throw new ServiceError(
      400,
      'InvalidRequestContentException',
      `Could not parse request body into json: ${why}`,
    );
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > PAYLOAD_LIMIT) {
      const message = `Request must be smaller than ${PAYLOAD_LIMIT} bytes for the InvokeFunction operation`;
      throw new ServiceError(413, 'RequestEntityTooLargeException', message);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
    'x-amz-executed-version': '$LATEST',
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
