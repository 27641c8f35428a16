import { request } from 'node:http';
import { ARN, NAME, refusalOf, TestService } from '../../support/lambda-service.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.close());
beforeEach(() => service.forget());

const invoke = (...args: Parameters<TestService['invoke']>) => service.invoke(...args);

describe('a function of the local Lambda API', () => {
  test.each([
    [NAME, undefined, ARN],
    [`000000000000:function:${NAME}`, undefined, ARN],
    [`function:${NAME}`, undefined, ARN],
    [ARN, undefined, ARN],
    [`${ARN}:$LATEST`, undefined, `${ARN}:$LATEST`],
    [NAME, '$LATEST', `${ARN}:$LATEST`],
    [`${NAME}:$LATEST`, '$LATEST', `${ARN}:$LATEST`],
  ])('is found by %s and the version %s', async (FunctionName, Qualifier, invokedFunctionArn) => {
    const { answer, requestId, ...rest } = await invoke({ a: 1 }, { FunctionName, Qualifier });
    expect(rest).toEqual({ StatusCode: 200, ExecutedVersion: '$LATEST', log: undefined });
    expect(answer).toEqual({
      event: { a: 1 },
      awsRequestId: requestId,
      functionVersion: '$LATEST',
      invokedFunctionArn,
    });
  });

  test.each([
    [
      'nope',
      undefined,
      '404 ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope. There are: OrbitsTrader-f.',
    ],
    [
      NAME,
      '1',
      `404 ResourceNotFoundException: Function not found: ${ARN}:1. Its only version here is $LATEST.`,
    ],
    [`${NAME}:live`, undefined, `404 ResourceNotFoundException: Function not found: ${ARN}:live.`],
    [`${NAME}:1`, '2', '400 InvalidParameterValueException: The derived qualifier'],
    [
      ARN.replace('us-east-1', 'eu-west-1'),
      undefined,
      "404 ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    ],
    [
      `123456789012:function:${NAME}`,
      undefined,
      '403 AccessDeniedException: User: arn:aws:iam::000000000000:user/local is not authorized',
    ],
    [
      '100%',
      undefined,
      "400 ValidationException: 1 validation error detected: Value '100%' at 'functionName'",
    ],
  ])('is not found by %s and the version %s', async (FunctionName, Qualifier, refusal) => {
    expect(await refusalOf(invoke({}, { FunctionName, Qualifier }))).toContain(refusal);
  });

  test.each([
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { host: 'evil.example' },
  ])('is not run by a page in a browser: %j', async (headers) => {
    const path = `/2015-03-31/functions/${NAME}/invocations`;
    const { hostname, port } = new URL(service.endpoint);
    const status = await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject).end('{"print":["it ran"]}');
    });
    expect(status).toBe(403);
    expect(service.lines.join()).not.toContain('it ran');
  });

  test('is not run by a request that Lambda refuses', async () => {
    const send = (headers: Record<string, string>, body: Buffer | string = '{"print":["it ran"]}') =>
      fetch(`${service.endpoint}/2015-03-31/functions/${NAME}/invocations`, {
        method: 'POST',
        headers,
        body,
      });
    const answers = [
      await send({ 'x-amz-invocation-type': 'Later' }),
      await send({ 'x-amz-log-type': 'All' }),
      await send({ 'x-amz-client-context': '???' }),
      await send({}, Buffer.from('{"print":["it ran \xff"]}', 'latin1')),
      await send({ 'x-amz-invocation-type': 'Event' }, Buffer.from('{"print":["it ran \xff"]}', 'latin1')),
    ];
    expect(answers.map(({ status, headers }) => `${status} ${headers.get('x-amzn-errortype')}`)).toEqual([
      '400 ValidationException',
      '400 ValidationException',
      '400 InvalidRequestContentException',
      '400 InvalidRequestContentException',
      '400 InvalidRequestContentException',
    ]);
    expect(await answers[3]!.json()).toEqual({
      Type: 'User',
      Message:
        'Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 byte 0xff at offset 18',
    });
    expect((await invoke({}, { InvocationType: 'DryRun' })).StatusCode).toBe(204);
    const malformed = await fetch(`${service.endpoint}/2015-03-31/functions/%E0%A4%A/invocations`, {
      method: 'POST',
    });
    expect(malformed.status).toBe(400);
    await invoke({ print: ['the end'] });
    expect(service.lines).toEqual(['the end']);
  });

  test('gets the context of its client', async () => {
    const ClientContext = Buffer.from('{"custom":{"from":"Zürich"}}').toString('base64');
    expect((await invoke({}, { ClientContext })).answer).toMatchObject({
      clientContext: { custom: { from: 'Zürich' } },
    });
  });
});
