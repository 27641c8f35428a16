import { ActionState } from '@wbce/orbits-core';
import type * as z from 'zod';
import type { FunctionContract } from '../../functions/contracts/stock.ts';
import { DurableAction } from '../durable/durable-action.ts';
import type { RetryPolicy } from '../durable/retry-policy.ts';
import { InvokeError } from './invoke-errors.ts';
import type { LambdaInvoker } from './lambda-invoker.ts';

let invoker: LambdaInvoker | undefined;

/** Gives the actions of this process what they talk to; once, before the first run. */
export function useInvoker(lambda: LambdaInvoker): void {
  invoker = lambda;
}

/** A step that invokes one Lambda: the step's argument becomes the request, the answer the step's result. */
export abstract class InvokeFunctionAction<Contract extends FunctionContract> extends DurableAction {
  abstract readonly contract: Contract;
  // These are the only retries: the SDK makes one attempt, and the idempotency key makes a repeat harmless.
  // They go on for half an hour on average: an answer that was lost may have been a trade, so giving up early would end
  // a run in ERROR whose trade stands.
  override readonly retryPolicy: RetryPolicy = {
    attempts: 16,
    firstBackoffMs: 200,
    longestBackoffMs: 15 * 60_000,
  };

  override isRetriable(error: unknown): boolean {
    return error instanceof InvokeError && error.isRetriable;
  }

  /** The request, without the idempotency key, which every request gets. */
  protected abstract toRequest(): Omit<z.input<Contract['request']>, 'idempotencyKey'>;
  protected abstract toResult(response: z.output<Contract['response']>): this['IResult'];

  override async main(): Promise<ActionState> {
    if (!invoker) throw new Error('No Lambda invoker was set; call useInvoker() before a run is started.');
    const request = { ...this.toRequest(), idempotencyKey: this.idempotencyKey };
    const response = await invoker.invoke(this.contract, request);
    // The compiler can't see that the invoker's answer is this very contract's.
    this.setResult(this.toResult(response as z.output<Contract['response']>));
    return ActionState.SUCCESS;
  }
}
