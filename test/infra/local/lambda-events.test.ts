import { EventQueue, type Clock, type FailedEvent } from '../../../infra/local/lambda/event-queue.ts';
import type { InvocationResult } from '../../../infra/local/lambda/execution-environment.ts';
import { ServiceError } from '../../../infra/local/lambda/errors.ts';
import type { LocalFunction } from '../../../infra/local/template.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const invocation = { requestId: 'request', payload: '{"a":1}', functionArn };
const failed: InvocationResult = { error: { errorType: 'Error', errorMessage: 'no' } };
const done: InvocationResult = { payload: 'null' };
const throttled = new ServiceError(429, 'TooManyRequestsException', 'Rate Exceeded.');

function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

/** A clock whose waits are over at once, and take as long as they say. */
class InstantClock implements Clock {
  readonly waits: number[] = [];
  #now = Date.parse('2026-01-05T14:30:00Z');

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.#now += ms;
    return Promise.resolve();
  }
}

/** What becomes of one event whose attempts have these results; the last result repeats. */
async function outcomeOf(
  results: (InvocationResult | Error)[],
  asynchronous: Partial<LocalFunction['asynchronous']> = {},
) {
  const clock = new InstantClock();
  const requests: string[] = [];
  const records: FailedEvent[] = [];
  const settled = deferred<void>();
  const queue = new EventQueue({
    clock,
    invoke: (_, { requestId }) => {
      const result = results[Math.min(requests.length, results.length - 1)]!;
      requests.push(requestId);
      if (result instanceof Error) return Promise.reject(result);
      if ('payload' in result) settled.resolve();
      return Promise.resolve(result);
    },
    onFailure: (_, record) => {
      records.push(record);
      settled.resolve();
    },
  });
  const settings = { maximumRetryAttempts: 2, maximumEventAgeMs: 21_600_000, ...asynchronous };
  queue.add({ name: 'f', asynchronous: settings } as LocalFunction, invocation);
  await settled.promise;
  await queue.close();
  return { waits: clock.waits, attempts: requests.length, requests, records };
}

describe('an asynchronous invocation', () => {
  test('that succeeds is made once', async () => {
    expect(await outcomeOf([done])).toMatchObject({ waits: [], attempts: 1, records: [] });
  });

  test('that fails is made again after one minute, and after two more, as the same request', async () => {
    const { waits, requests, records } = await outcomeOf([failed, failed, done]);
    expect(waits).toEqual([60_000, 120_000]);
    expect(requests).toEqual(['request', 'request', 'request']);
    expect(records).toEqual([]);
  });

  test('that fails three times is reported as AWS reports it', async () => {
    const { attempts, records } = await outcomeOf([failed]);
    expect(attempts).toBe(3);
    expect(records).toEqual([
      {
        version: '1.0',
        timestamp: '2026-01-05T14:33:00.000Z',
        requestContext: {
          requestId: 'request',
          functionArn,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { a: 1 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'Error', errorMessage: 'no' },
      },
    ]);
  });

  test.each([
    [{ maximumRetryAttempts: 0 }, [], 1, 'RetriesExhausted'],
    [{ maximumRetryAttempts: 1 }, [60_000], 2, 'RetriesExhausted'],
    [{ maximumEventAgeMs: 60_000 }, [], 1, 'EventAgeExceeded'],
    [{ maximumEventAgeMs: 61_000 }, [60_000], 2, 'EventAgeExceeded'],
    [{ maximumEventAgeMs: 180_000 }, [60_000], 2, 'EventAgeExceeded'],
    [{ maximumEventAgeMs: 300_000 }, [60_000, 120_000], 3, 'RetriesExhausted'],
  ])('is tried as long as the function has it: %j', async (settings, waits, attempts, condition) => {
    const outcome = await outcomeOf([failed], settings);
    expect(outcome).toMatchObject({ waits, attempts, records: [{ requestContext: { condition } }] });
  });

  test('that finds no room is tried for as long as its age allows, with waits that double up to 5 minutes', async () => {
    const { waits, records } = await outcomeOf([throttled]);
    expect(waits.slice(0, 11)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((s) => s * 1000));
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 },
    });
    expect(records[0]).not.toHaveProperty('responsePayload');
  });

  test('that finds no room has all of its retries left', async () => {
    const { waits, records } = await outcomeOf([throttled, failed, throttled, failed, failed]);
    expect(waits).toEqual([1_000, 60_000, 2_000, 120_000]);
    expect(records).toMatchObject([{ requestContext: { approximateInvokeCount: 3 } }]);
  });
});

describe('a queue that is closed', () => {
  test('waits for what is under way, gives up what waits, and takes no more', async () => {
    const running = deferred<InvocationResult>();
    const asleep = deferred<void>();
    const ended: string[] = [];
    const queue = new EventQueue({
      clock: {
        now: () => 0,
        sleep: (_, signal) => {
          asleep.resolve();
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        },
      },
      invoke: (fn) => (fn.name === 'slow' ? running.promise : Promise.resolve(failed)),
      onFailure: ({ name }, { requestContext }) => ended.push(`${name} ${requestContext.condition}`),
    });
    const asynchronous = { maximumRetryAttempts: 2, maximumEventAgeMs: 300_000 };
    queue.add({ name: 'slow', asynchronous } as LocalFunction, invocation);
    queue.add({ name: 'waits', asynchronous } as LocalFunction, invocation);
    await asleep.promise;

    const closed = queue.close().then(() => ended.push('closed'));
    expect(() => queue.add({ name: 'late', asynchronous } as LocalFunction, invocation)).toThrow(
      'The local run is ending',
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual(['waits LocalRunEnded']);
    running.resolve(done);
    await closed;
    expect(ended).toEqual(['waits LocalRunEnded', 'closed']);
  });
});
