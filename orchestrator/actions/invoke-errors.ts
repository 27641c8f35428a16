import type { LambdaServiceException as ServiceException } from '@aws-sdk/client-lambda';

/** An error as the other side named and worded it. */
export interface RemoteError {
  name: string;
  message: string;
}

/** What went wrong with the invocation of one function. */
export abstract class InvokeError extends Error {
  /** @param functionName the name in the function's contract */
  constructor(
    readonly functionName: string,
    message: string,
    readonly remote?: RemoteError,
  ) {
    super(message);
    this.name = new.target.name;
  }

  /** Whether the same request may succeed a moment later. A repeat is harmless: it has the same idempotency key. */
  get isRetriable(): boolean {
    return false;
  }
}

/** Errors of a function's surroundings, not of its work: its process, database, secret or broker, by their names. */
const REMOTE_FAULT =
  /^(Runtime\.|Sandbox\.|Function\.|Mongo|(GetParameter|BrokerUnavailable|OrderPending)Error$)/;

/** The request breaks the function's contract; it was not sent. */
export class InvalidFunctionRequestError extends InvokeError {
  constructor(functionName: string, problems: string) {
    super(functionName, `${functionName} was not invoked, for the request breaks its contract: ${problems}`);
  }
}

/** The function itself threw: a reply with `FunctionError`. */
export class FunctionFailedError extends InvokeError {
  constructor(functionName: string, remote: RemoteError) {
    super(functionName, `${functionName} failed with ${remote.name}: ${remote.message}`, remote);
  }

  override get isRetriable(): boolean {
    return REMOTE_FAULT.test(this.remote?.name ?? '');
  }
}

/** No answer came in time; the function may have done its work. */
export class FunctionTimeoutError extends InvokeError {
  constructor(functionName: string, remote: RemoteError) {
    super(
      functionName,
      `${functionName} did not answer in time, and may have done its work: ${remote.message}`,
      remote,
    );
  }

  override get isRetriable(): boolean {
    return true;
  }
}

/** Lambda refused the invocation for the rate or the concurrency of calls; nothing was done. */
export class FunctionThrottledError extends InvokeError {
  constructor(functionName: string, remote: RemoteError) {
    super(functionName, `${functionName} was throttled (${remote.name}): ${remote.message}`, remote);
  }

  override get isRetriable(): boolean {
    return true;
  }
}

/** The answer is no JSON, or breaks the function's contract; the function may have done its work. */
export class MalformedResponseError extends InvokeError {
  constructor(functionName: string, problems: string) {
    super(functionName, `${functionName} gave an answer that breaks its contract: ${problems}`);
  }

  override get isRetriable(): boolean {
    return true;
  }
}

/** Lambda refused, or the connection broke; in the second case the function may have done its work. */
export class InvocationFailedError extends InvokeError {
  readonly #status: number | undefined;

  /** @param status of the HTTP answer; undefined where none came */
  constructor(functionName: string, remote: RemoteError, status: number | undefined) {
    super(
      functionName,
      `${functionName} could not be invoked, or its answer was lost (${remote.name}): ${remote.message}`,
      remote,
    );
    this.#status = status;
  }

  /**
   * A refusal (no such function, no permission) stays one. Lambda's own faults pass, and broken connections do, also
   * when the status had come already and only the rest of the answer was lost.
   */
  override get isRetriable(): boolean {
    return this.#status === undefined || this.#status < 400 || this.#status >= 500;
  }
}

const THROTTLES = new Set(['TooManyRequestsException', 'ThrottlingException', 'EC2ThrottledException']);
const TIMEOUTS = new Set(['TimeoutError', 'AbortError']);

/** The typed form of what the SDK threw. */
export function toInvokeError(functionName: string, thrown: unknown): InvokeError {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const remote = { name, message };
  if (THROTTLES.has(name)) return new FunctionThrottledError(functionName, remote);
  if (TIMEOUTS.has(name)) return new FunctionTimeoutError(functionName, remote);
  const status = (thrown as Partial<ServiceException>).$metadata?.httpStatusCode;
  return new InvocationFailedError(functionName, remote, status);
}
