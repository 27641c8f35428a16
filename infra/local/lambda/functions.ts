import { randomUUID } from 'node:crypto';
import {
  ACCOUNT,
  functionArn,
  LATEST,
  parseFunctionName,
  REGION,
  toFunctionArn,
  type FunctionReference,
} from '../arns.ts';
import type { LocalFunction } from '../template.ts';
import { ServiceError } from './errors.ts';
import {
  ExecutionEnvironment,
  type EnvironmentOptions,
  type Invocation,
  type InvocationResult,
} from './execution-environment.ts';

/** Environments of one function at a time; AWS gives a new account as little as 10 for all functions together. */
const CONCURRENCY = 16;

/** Reported before and after each invocation, for counters and fault harnesses in tests. A promise is awaited. */
export interface InvocationEvent {
  phase: 'received' | 'answered';
  functionName: string;
  payload: string;
}

export interface FunctionsOptions extends EnvironmentOptions {
  onInvocation?: (event: InvocationEvent) => void | Promise<void>;
}

/** The functions of the app, each with its execution environments: warm ones are used again. */
export class Functions {
  readonly #functions: Map<string, LocalFunction>;
  readonly #options: FunctionsOptions;
  readonly #idle = new Map<string, ExecutionEnvironment[]>();
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #busy = new Map<string, number>();
  #isClosed = false;

  constructor(functions: LocalFunction[], options: FunctionsOptions) {
    this.#functions = new Map(functions.map((fn) => [fn.name, fn]));
    this.#options = options;
  }

  /**
   * @param nameOrArn as the Invoke API takes it
   * @throws ServiceError if there is no such function, or it is throttled
   */
  async invoke(nameOrArn: string, payload: string): Promise<InvocationResult> {
    const fn = this.find(
      parseFunctionName(nameOrArn) ?? { region: REGION, account: ACCOUNT, name: nameOrArn },
    );
    return this.run(fn, { requestId: randomUUID(), payload, functionArn: functionArn(fn.name) });
  }

  /** @throws ServiceError if the function is throttled */
  async run(fn: LocalFunction, invocation: Invocation): Promise<InvocationResult> {
    const { payload } = invocation;
    await this.#options.onInvocation?.({ phase: 'received', functionName: fn.name, payload });
    const result = await this.#runWithin(fn, invocation);
    await this.#options.onInvocation?.({ phase: 'answered', functionName: fn.name, payload });
    return result;
  }

  /** @throws ServiceError in Lambda's words, if there is no such function or version */
  find(reference: FunctionReference): LocalFunction {
    const { region, account, name, qualifier = LATEST } = reference;
    const arn = toFunctionArn(reference);
    if (region !== REGION) {
      throw notFound(`Functions from '${region}' are not reachable in this region ('${REGION}')`);
    }
    if (account !== ACCOUNT) {
      const message =
        `User: arn:aws:iam::${ACCOUNT}:user/local is not authorized to perform: lambda:InvokeFunction on resource: ` +
        `${arn} because no resource-based policy allows the lambda:InvokeFunction action`;
      throw new ServiceError(403, 'AccessDeniedException', message);
    }
    const fn = this.#functions.get(name);
    if (fn && qualifier === LATEST) return fn;
    const known = fn
      ? `Its only version here is ${LATEST}.`
      : `There are: ${[...this.#functions.keys()].join(', ')}.`;
    throw notFound(`Function not found: ${arn}. ${known}`);
  }

  /** The processes of a function that are alive. */
  pids(functionName: string): number[] {
    return [...this.#all].flatMap(({ isAlive, name, pid }) =>
      isAlive && name === functionName && pid !== undefined ? [pid] : [],
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map((environment) => environment.stop()));
  }

  async #runWithin(fn: LocalFunction, invocation: Invocation): Promise<InvocationResult> {
    if (this.#isClosed)
      throw new ServiceError(503, 'ServiceUnavailableException', 'The local run has ended.');
    const busy = this.#busy.get(fn.name) ?? 0;
    if (busy >= CONCURRENCY) throw new ServiceError(429, 'TooManyRequestsException', 'Rate Exceeded.');
    this.#busy.set(fn.name, busy + 1);
    const environment = this.#takeEnvironment(fn);
    try {
      return await environment.invoke(invocation);
    } finally {
      this.#busy.set(fn.name, this.#busy.get(fn.name)! - 1);
      this.#putBack(fn.name, environment);
    }
  }

  #takeEnvironment(fn: LocalFunction): ExecutionEnvironment {
    const idle = this.#idle.get(fn.name) ?? [];
    let environment = idle.pop();
    while (environment && !environment.isAlive) environment = idle.pop();
    environment ??= new ExecutionEnvironment(fn, this.#options);
    this.#all.add(environment);
    return environment;
  }

  #putBack(name: string, environment: ExecutionEnvironment): void {
    if (!environment.isAlive) {
      this.#all.delete(environment);
      return;
    }
    this.#idle.set(name, [...(this.#idle.get(name) ?? []), environment]);
  }
}

function notFound(message: string): ServiceError {
  return new ServiceError(404, 'ResourceNotFoundException', message);
}
