import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { checkStockPrice } from '../../../functions/contracts/check-stock-price.ts';
import { toInvokeError, type InvokeError } from '../../../orchestrator/actions/invoke-errors.ts';
import { LambdaInvoker } from '../../../orchestrator/actions/lambda-invoker.ts';

let server: Server;
let client: LambdaClient;
let invoker: LambdaInvoker;
let answer: (response: ServerResponse) => void;
let requests = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    requests++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new LambdaClient({
    maxAttempts: 1,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { requestTimeout: 250, throwOnRequestTimeout: true },
  });
  invoker = new LambdaInvoker(client, (name) => `deployed-${name}`);
});
afterAll(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  requests = 0;
});

const respond = (status: number, body: string, headers: Record<string, string> = {}) => {
  answer = (response) => response.writeHead(status, headers).end(body);
};
const failure = () =>
  invoker.invoke(checkStockPrice, { symbol: 'AMZN' }).then(
    (value) => Promise.reject(new Error(`expected a failure, got ${JSON.stringify(value)}`)),
    (error: unknown) => error as InvokeError,
  );

describe('an invocation', () => {
  test("gives the function's answer", async () => {
    const answer = { stock_price: '101.25', as_of: '2026-01-05T14:30:00Z' };
    respond(200, JSON.stringify(answer));
    expect(await invoker.invoke(checkStockPrice, { symbol: 'AMZN' })).toEqual(answer);
  });

  test('is not sent when the request breaks the contract', async () => {
    const invalid = invoker.invoke(checkStockPrice, { symbol: 'not a symbol' });
    await expect(invalid).rejects.toMatchObject({ name: 'InvalidFunctionRequestError' });
    expect(requests).toBe(0);
  });

  test.each([
    [
      'FunctionFailedError',
      200,
      '{"errorType":"KaboomError","errorMessage":"it broke"}',
      'KaboomError',
      'it broke',
    ],
    [
      'FunctionTimeoutError',
      200,
      '{"errorType":"Sandbox.Timedout","errorMessage":"timed out"}',
      'Sandbox.Timedout',
      'timed out',
    ],
    [
      'FunctionTimeoutError',
      200,
      '{"errorMessage":"2026-01-05T14:30:00Z 7a Task timed out after 3.00 seconds"}',
      'Error',
      'Task timed out after 3.00 seconds',
    ],
  ])(
    'with a FunctionError is a %s that keeps the remote error',
    async (name, status, body, remoteName, remoteMessage) => {
      respond(status, body, { 'x-amz-function-error': 'Unhandled' });
      const error = await failure();
      expect(error).toMatchObject({ name, functionName: 'check-stock-price', remote: { name: remoteName } });
      expect(error.remote?.message).toContain(remoteMessage);
      expect(error.message).toContain('check-stock-price');
    },
  );

  test.each([
    ['FunctionThrottledError', 429, 'TooManyRequestsException'],
    ['InvocationFailedError', 404, 'ResourceNotFoundException'],
    ['InvocationFailedError', 403, 'AccessDeniedException'],
    ['InvocationFailedError', 500, 'ServiceException'],
  ])('is a %s after status %i, and is sent once', async (name, status, remoteName) => {
    respond(status, '{"Message":"no"}', { 'x-amzn-errortype': remoteName });
    expect(await failure()).toMatchObject({ name, remote: { name: remoteName } });
    expect(requests).toBe(1);
  });

  test.each([
    ['no JSON', '{"stock_pri'],
    ['nothing', ''],
    ['another shape', '{"price":"101.25"}'],
    ['a float for a price', '{"stock_price":101.25}'],
  ])('answered with %s is a MalformedResponseError', async (_, body) => {
    respond(200, body);
    expect(await failure()).toMatchObject({
      name: 'MalformedResponseError',
      functionName: 'check-stock-price',
    });
  });

  test('that is never answered is a FunctionTimeoutError', async () => {
    answer = () => undefined;
    expect(await failure()).toMatchObject({ name: 'FunctionTimeoutError' });
  });

  test('that is cut off is an InvocationFailedError', async () => {
    answer = (response) => response.destroy();
    expect(await failure()).toMatchObject({
      name: 'InvocationFailedError',
      isRetriable: true,
      remote: { name: expect.any(String) as string },
    });
  });

  test.each([
    ['no status, for the connection broke', undefined, true],
    ['status 200, for the answer broke off behind it', 200, true],
    ['status 403', 403, false],
    ['status 404', 404, false],
    ['status 503', 503, true],
  ])('that failed with %s says whether it may be tried again', (_, httpStatusCode, isRetriable) => {
    const thrown = Object.assign(new Error('aborted'), { $metadata: { httpStatusCode } });
    expect(toInvokeError('buy-stock', thrown)).toMatchObject({ name: 'InvocationFailedError', isRetriable });
  });
});
