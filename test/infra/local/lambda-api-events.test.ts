import { ARN, refusalOf, TestService } from '../../support/lambda-service.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.close());
beforeEach(() => service.forget());

const invoke = (...args: Parameters<TestService['invoke']>) => service.invoke(...args);

describe('the log of an invocation', () => {
  const tail = { LogType: 'Tail' } as const;

  test('is answered if it is asked for, and has only that invocation', async () => {
    await invoke({ print: ['of another'], unfinished: 'of another' });
    const { log, requestId } = await invoke(
      { print: ['one', 'zwölf'], warn: ['three'], unfinished: 'four' },
      tail,
    );
    const [first, ...rest] = log!.split('\n');
    expect(first).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(rest.slice(0, 4).sort()).toEqual(['four', 'one', 'three', 'zwölf']);
    expect(rest[4]).toBe(`END RequestId: ${requestId}`);
    expect(rest[5]).toMatch(
      /^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB$/,
    );
    expect(service.lines.join()).not.toMatch(/\0|end of/);
    expect(service.lines).toHaveLength(6);
  });

  test('is its last 4 KB', async () => {
    const { log } = await invoke(
      { print: Array.from({ length: 2_000 }, (_, index) => `line ${index}`) },
      tail,
    );
    expect(Buffer.byteLength(log!)).toBe(4_096);
    expect(log).toMatch(/line 1998\nline 1999\nEND /);
  });

  test('is answered of one that fails, and of one whose process ends', async () => {
    const thrown = await invoke({ print: ['before'], failures: 1 }, tail);
    expect(thrown).toMatchObject({ FunctionError: 'Unhandled', answer: { errorMessage: 'failure 1' } });
    expect(thrown.log).toContain('\nbefore\nEND ');
    const exited = await invoke({ print: ['last words'], exit: 7 }, tail);
    expect(exited.answer).toMatchObject({ errorMessage: expect.stringContaining('exit status 7') as string });
    expect(exited.log).toContain('\nlast words\nEND ');
  });
});

describe('an event', () => {
  const event = { InvocationType: 'Event' } as const;

  test('is taken at once, without its log and the context of its client', async () => {
    const run = service.settled();
    const ClientContext = Buffer.from('{}').toString('base64');
    const { requestId, ...rest } = await invoke(
      { settles: 1, print: ['it ran'] },
      { ...event, ClientContext, LogType: 'Tail' },
    );
    expect(rest).toEqual({ StatusCode: 202, answer: '', log: undefined });
    expect(requestId).toMatch(/^[\da-f-]{36}$/);
    await run;
    expect(service.lines).toEqual(['it ran']);
  });

  test('is refused if there is no such function or version', async () => {
    expect(await refusalOf(invoke({}, { ...event, Qualifier: '1' }))).toContain(
      '404 ResourceNotFoundException',
    );
    expect(await refusalOf(invoke({}, { ...event, FunctionName: 'nope' }))).toContain('404 Resource');
  });

  test('that fails is tried three times, and is reported then', async () => {
    const run = service.settled();
    const { requestId } = await invoke({ failures: 3, print: ['attempt'] }, event);
    await run;
    expect(service.waits).toEqual([60_000, 120_000]);
    expect(service.lines).toEqual(['attempt', 'attempt', 'attempt']);
    expect(service.failed).toMatchObject([
      {
        requestContext: {
          requestId,
          functionArn: ARN,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { failures: 3 },
        responsePayload: { errorType: 'TypeError', errorMessage: 'failure 3' },
      },
    ]);
  });
});
