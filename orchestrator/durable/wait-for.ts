import { ActionState } from '@wbce/orbits-core';
import * as z from 'zod';
import { DurableAction } from './durable-action.ts';
import { toMs, type Duration } from './duration.ts';
import { StepTimeoutError } from './errors.ts';

/** The action behind `waitFor`: an answer from outside, or the time-out. */
export class WaitForAction extends DurableAction {
  static override permanentRef = 'wait-for';
  declare IArgument: { timeout: Duration };
  declare IBag: { due: string; answer?: { value: unknown } };
  declare IResult: object;

  /** What an answer must be. It is code, and not part of the record. */
  schema: z.ZodType = z.unknown();

  override main(): Promise<ActionState> {
    this.bag = { due: new Date(Date.now() + toMs(this.argument.timeout)).toISOString() };
    return Promise.resolve(ActionState.IN_PROGRESS);
  }

  override get due(): Date {
    return new Date(this.bag.due);
  }

  /** An answer that came in time counts, however late it is looked at. */
  override watcher(): Promise<ActionState> {
    const { answer } = this.bag;
    if (!answer) {
      if (Date.now() < this.due.getTime()) return Promise.resolve(ActionState.IN_PROGRESS);
      return Promise.reject(new StepTimeoutError(this.ref, this.due));
    }
    const parsed = this.schema.safeParse(answer.value);
    if (!parsed.success) return Promise.reject(new InvalidAnswerError(z.prettifyError(parsed.error)));
    this.setResult(parsed.data as object);
    return Promise.resolve(ActionState.SUCCESS);
  }

  override get waitReason(): string {
    return `step "${this.ref}" waits for an answer`;
  }
}

/** Thrown where the answer that was given is not what the workflow takes. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError';

  constructor(problems: string) {
    super(`The answer can't be taken: ${problems}`);
  }
}
