import { ActionState } from '@wbce/orbits-core';
import * as z from 'zod';
import { DurableAction } from '../../orchestrator/durable/durable-action.ts';
import { DurableWorkflow } from '../../orchestrator/durable/durable-workflow.ts';

/** What the actions below did, in order, with the keys that they would pass to a callee. */
export const calls: { name: string; key: string }[] = [];

/** Answers what it is given, and leaves a trace. */
export class Echo extends DurableAction {
  static override permanentRef = 'echo';
  declare IArgument: { value: string };
  declare IResult: { value: string };

  override async main() {
    calls.push({ name: this.argument.value, key: this.idempotencyKey });
    this.setResult({ value: this.argument.value });
    return Promise.resolve(ActionState.SUCCESS);
  }
}

/** Does the same under another name. */
export class OtherEcho extends Echo {
  static override permanentRef = 'other-echo';
}

/** Shares its idempotency keys with all of its kind in a run. */
export class ScopedEcho extends Echo {
  static override permanentRef = 'scoped-echo';
  static override idempotencyScope = 'echo';
}

export class OutOfStockError extends Error {
  override readonly name = 'OutOfStockError';
  readonly missing = 3;
}

export class Refuse extends DurableAction {
  static override permanentRef = 'refuse';
  static isFixed = false;

  override main(): Promise<ActionState> {
    calls.push({ name: 'refuse', key: this.idempotencyKey });
    if (Refuse.isFixed) return Promise.resolve(ActionState.SUCCESS);
    return Promise.reject(new OutOfStockError('three are missing'));
  }
}

/** What `Changing` does; a test swaps it to play a new version of the code. */
export const script: { define: (workflow: Changing) => Promise<unknown> } = {
  define: () => Promise.resolve(),
};

export class Changing extends DurableWorkflow {
  static override permanentRef = 'changing';
  static override signals: Record<string, z.ZodType> = {
    approval: z.strictObject({ approved: z.boolean() }),
  };

  override define(): Promise<unknown> {
    return script.define(this);
  }

  echo(ref: string, value: string): Promise<{ value: string }> {
    return this.do(ref, new Echo().setArgument({ value }));
  }
}
