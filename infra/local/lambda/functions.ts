import { randomUUID } from 'node:crypto';
import { functionArn } from '../arns.ts';
import type { LocalFunction } from '../template.ts';
import {
  ExecutionEnvironment,
  type EnvironmentOptions,
  type InvocationResult,
} from './execution-environment.ts';

/** Environments of one function at a time; AWS gives a new account as little as 10 for all functions together. */
const CONCURRENCY = 16;

/** Told of each invocation, around it. For counters and fault harnesses in tests; a promise is awaited. */
export interface InvocationEvent {
  phase: 'received' | 'answered';
  functionName: string;
  payload: string;
}

export interface FunctionsOptions extends EnvironmentOptions {
  onInvocation?: (event: InvocationEvent) => void | Promise<void>;
}

/** A refusal of the Lambda service itself, by the names and the status codes of its API. */
export class ServiceError extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/** The functions of the app, each with its execution environments: warm ones are used again. */
export class Functions {
  readonly #functions: Map<string, LocalFunction>;
  readonly #options: FunctionsOptions;
  readonly #idle = new Map<string, ExecutionEnvironment[]>();
  readonly #all = new Set<ExecutionEnvironment>();
  readonly #busy = new Map<string, number>();

  constructor(functions: LocalFunction[], options: FunctionsOptions) {
    this.#functions = new Map(functions.map((fn) => [fn.name, fn]));
    this.#options = options;
  }

  /** @param nameOrArn as the Invoke API takes it */
  async invoke(nameOrArn: string, payload: string): Promise<InvocationResult> {
    const fn = this.find(nameOrArn);
    await this.#options.onInvocation?.({ phase: 'received', functionName: fn.name, payload });
    const result = await this.#invokeWithin(fn, payload);
    await this.#options.onInvocation?.({ phase: 'answered', functionName: fn.name, payload });
    return result;
  }

  find(nameOrArn: string): LocalFunction {
    const name = nameOrArn.split(':').at(nameOrArn.startsWith('arn:') ? 6 : 0) ?? nameOrArn;
    const fn = this.#functions.get(name);
    if (fn) return fn;
    const known = [...this.#functions.keys()].join(', ');
    throw new ServiceError(
      404,
      'ResourceNotFoundException',
      `Function not found: ${name}. There are: ${known}.`,
    );
  }

  /** The processes of a function that are alive. */
  pids(functionName: string): number[] {
    return [...this.#all].flatMap(({ isAlive, name, pid }) =>
      isAlive && name === functionName && pid !== undefined ? [pid] : [],
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((environment) => environment.stop()));
  }

  async #invokeWithin(fn: LocalFunction, payload: string): Promise<InvocationResult> {
    const busy = this.#busy.get(fn.name) ?? 0;
    if (busy >= CONCURRENCY) throw new ServiceError(429, 'TooManyRequestsException', 'Rate Exceeded.');
    this.#busy.set(fn.name, busy + 1);
    const environment = this.#takeEnvironment(fn);
    try {
      return await environment.invoke(randomUUID(), payload, functionArn(fn.name));
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
