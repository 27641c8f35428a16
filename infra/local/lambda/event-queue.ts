import { setTimeout as sleep } from 'node:timers/promises';
import { LATEST } from '../arns.ts';
import type { LocalFunction } from '../template.ts';
import { ServiceError } from './errors.ts';
import type { FunctionError, Invocation, InvocationResult } from './execution-environment.ts';

/** Between the attempts of an event on which a function fails. */
const RETRY_DELAYS_MS = [60_000, 120_000];
/** Between attempts that were throttled or on which the service failed: doubled up to the longest. */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;

/** Time, in milliseconds. */
export interface Clock {
  now(): number;
  /** Resolves after the time, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** Why there are no more attempts. AWS has the first two; the last is for a local run that was stopped. */
type Condition = 'RetriesExhausted' | 'EventAgeExceeded' | 'LocalRunEnded';

/** An event that was given up on, as AWS sends it to the destination on failure. */
export interface FailedEvent {
  version: '1.0';
  timestamp: string;
  requestContext: {
    requestId: string;
    functionArn: string;
    condition: Condition;
    approximateInvokeCount: number;
  };
  requestPayload: unknown;
  /** The outcome of the last attempt, if a function answered it. */
  responseContext?: { statusCode: 200; executedVersion: string; functionError: 'Unhandled' };
  responsePayload?: FunctionError;
}

export interface EventQueueOptions {
  /** One attempt; it throws if it was throttled or the service failed. */
  invoke(this: void, fn: LocalFunction, invocation: Invocation): Promise<InvocationResult>;
  onFailure(this: void, fn: LocalFunction, event: FailedEvent): void;
  clock?: Clock | undefined;
}

/** Invocations of the type `Event`: answered before they are done, and tried again as Lambda does. */
export class EventQueue {
  readonly #options: EventQueueOptions;
  readonly #clock: Clock;
  readonly #open = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: EventQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws ServiceError if the queue is closed */
  add(fn: LocalFunction, invocation: Invocation): void {
    if (this.#stop.signal.aborted) {
      throw new ServiceError(
        503,
        'ServiceUnavailableException',
        'The local run is ending; it takes no more events.',
      );
    }
    const work = this.#work(fn, invocation).finally(() => this.#open.delete(work));
    this.#open.add(work);
  }

  /** Lets the attempts that are under way end, and gives up the events that wait for another. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#open);
  }

  async #work(fn: LocalFunction, invocation: Invocation): Promise<void> {
    const { maximumRetryAttempts, maximumEventAgeMs } = fn.asynchronous;
    const { signal } = this.#stop;
    const expiresAt = this.#clock.now() + maximumEventAgeMs;
    let [invocations, failures, refusals] = [0, 0, 0];
    let error: FunctionError | undefined;
    const giveUp = (condition: Condition) =>
      this.#options.onFailure(fn, this.#failed(invocation, condition, invocations, error));

    for (;;) {
      let delayMs: number;
      try {
        const result = await this.#options.invoke(fn, invocation);
        invocations++;
        if ('payload' in result) return;
        ({ error } = result);
        if (failures === maximumRetryAttempts) return giveUp('RetriesExhausted');
        delayMs = RETRY_DELAYS_MS[failures++] ?? RETRY_DELAYS_MS.at(-1)!;
      } catch {
        delayMs = Math.min(FIRST_BACKOFF_MS * 2 ** refusals++, LONGEST_BACKOFF_MS);
      }
      if (this.#clock.now() + delayMs >= expiresAt) return giveUp('EventAgeExceeded');
      await this.#clock.sleep(delayMs, signal);
      if (signal.aborted) return giveUp('LocalRunEnded');
    }
  }

  #failed(
    { requestId, functionArn, payload }: Invocation,
    condition: Condition,
    approximateInvokeCount: number,
    error: FunctionError | undefined,
  ): FailedEvent {
    return {
      version: '1.0',
      timestamp: new Date(this.#clock.now()).toISOString(),
      requestContext: { requestId, functionArn, condition, approximateInvokeCount },
      requestPayload: JSON.parse(payload),
      ...(error && {
        responseContext: { statusCode: 200, executedVersion: LATEST, functionError: 'Unhandled' },
        responsePayload: error,
      }),
    };
  }
}
