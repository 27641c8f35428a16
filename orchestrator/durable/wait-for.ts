import { ActionState } from '@wbce/orbits-core';
import * as z from 'zod';
import { DurableAction } from './durable-action.ts';
import { toMs, type Duration } from './duration.ts';
import { StepTimeoutError } from './errors.ts';

/** The ref of the action behind `waitFor`. */
export const WAIT_FOR = 'wait-for';

/** The action behind `waitFor`: a signal from outside, or the timeout. */
export class WaitForAction extends DurableAction {
  static override permanentRef = WAIT_FOR;
  declare IArgument: { timeout: Duration };
  declare IBag: { due: string };
  declare IResult: object;
  override readonly hasEffect = false;
  override readonly takesSignal = true;

  /** What a signal must be. It is code, and not part of the record. */
  schema: z.ZodType = z.unknown();

  override main(): Promise<ActionState> {
    this.bag = { due: new Date(this.clock.now() + toMs(this.argument.timeout)).toISOString() };
    return Promise.resolve(ActionState.IN_PROGRESS);
  }

  override get due(): Date {
    return new Date(this.bag.due);
  }

  /** A signal that came in time counts, however late it is looked at. */
  override watcher(): Promise<ActionState> {
    if (!this.signal) {
      if (this.clock.now() < this.due.getTime()) return Promise.resolve(ActionState.IN_PROGRESS);
      return Promise.reject(new StepTimeoutError(this.ref, this.due));
    }
    const parsed = this.schema.safeParse(JSON.parse(this.signal.value));
    if (!parsed.success) return Promise.reject(new InvalidSignalError(z.prettifyError(parsed.error)));
    this.setResult(parsed.data as object);
    return Promise.resolve(ActionState.SUCCESS);
  }

  override get waitReason(): string {
    return `step "${this.ref}" waits for an answer`;
  }
}

/** Thrown if the workflow's schema has changed since a signal was taken, and refuses it now. */
export class InvalidSignalError extends Error {
  override readonly name = 'InvalidSignalError';

  constructor(problems: string) {
    super(`The signal is not valid: ${problems}`);
  }
}
