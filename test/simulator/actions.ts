import { ActionState } from '@wbce/orbits-core';
import type { Clock } from '../../orchestrator/durable/clock.ts';
import { DurableAction } from '../../orchestrator/durable/durable-action.ts';
import type { RetryPolicy } from '../../orchestrator/durable/retry-policy.ts';
import { CalleeAwayError, resultOf, type Callees, type CallResult, type Request } from './callees.ts';
import type { Orchestrator } from './orchestrator.ts';

/** The clock of an orchestrator that is simulated leads an action to it. */
export interface SimulatedClock extends Clock {
  orchestrator: Orchestrator;
  callees: Callees;
}

export const ATTEMPTS = 4;

/** Invokes the callee. */
export class CallAction extends DurableAction {
  static override permanentRef = 'call';
  declare IArgument: { label: string; seen: string };
  declare IResult: CallResult;
  override readonly retryPolicy: RetryPolicy = {
    attempts: ATTEMPTS,
    firstBackoffMs: 20_000,
    longestBackoffMs: 600_000,
  };
  request: Omit<Request, 'key' | 'argument'> = { run: '', label: '', seen: [] };

  override isRetriable(error: unknown): boolean {
    return error instanceof CalleeAwayError;
  }

  override async main(): Promise<ActionState> {
    this.setResult(await this.invoke());
    return ActionState.SUCCESS;
  }

  protected invoke(): Promise<CallResult> {
    const { orchestrator, callees } = this.clock as SimulatedClock;
    const argument = JSON.stringify(this.argument);
    return callees.invoke({ ...this.request, argument, key: this.idempotencyKey }, orchestrator);
  }
}

/** Like an order: the n-th of a run has one key, whatever it orders. */
export class OrderAction extends CallAction {
  static override permanentRef = 'order';
  static override idempotencyScope = 'order';
}

/** Starts a job, and looks from time to time whether it is done. */
export class JobAction extends CallAction {
  static override permanentRef = 'job';
  declare IBag: { key: string };

  override async main(): Promise<ActionState> {
    await this.invoke();
    this.bag = { key: this.idempotencyKey };
    return ActionState.IN_PROGRESS;
  }

  override get due(): Date {
    return new Date(this.clock.now() + 45_000);
  }

  override async watcher(): Promise<ActionState> {
    const { orchestrator, callees } = this.clock as SimulatedClock;
    const { key } = this.bag;
    const isDone = await orchestrator.request(5, () => {
      const value = orchestrator.world.now >= callees.jobDoneAt(key);
      return { afterMs: 5, outcome: () => ({ value }) };
    });
    if (!isDone) return ActionState.IN_PROGRESS;
    this.setResult(resultOf({ key }));
    return ActionState.SUCCESS;
  }
}
