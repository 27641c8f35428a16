import { Action, ActionState } from '@wbce/orbits-core';
import { systemClock, type Clock } from './clock.ts';
import { noRetry, type RetryPolicy } from './retry-policy.ts';
import type { StoredSignal } from './run-document.ts';

/**
 * An Orbits action that can be a step of a durable workflow: its `main` does the work once.
 *
 * Each subclass needs a `static permanentRef`: it names the class in the database, where a class's own name would
 * change with a rename or a minifier.
 */
export abstract class DurableAction extends Action {
  static override permanentRef: string;

  /**
   * Actions of one scope exclude each other: the n-th step of the scope in a run has one idempotency key, whichever of
   * them it is. Without a scope a step's id is its key.
   */
  static idempotencyScope: string | undefined;

  /** What the step passes to its callee, so that a step carried out twice has one effect. Set before `main`. */
  idempotencyKey = '';

  /** The ref of the step that it is. Set before `main`. */
  ref = '';

  /** Set before `main`. */
  clock: Clock = systemClock;

  /** What came for this step from outside. Set before `main`. */
  signal: StoredSignal | undefined;

  /** Whether something outside this process may see that it is done: then all earlier outcomes are recorded before. */
  readonly hasEffect: boolean = true;

  /** Whether it changes nothing outside: then a run whose first steps it is may still be too late to start after them. */
  readonly isRead: boolean = false;

  /** Whether its step waits for a signal. */
  readonly takesSignal: boolean = false;

  /** Applies to the errors that `isRetriable` takes. */
  readonly retryPolicy: RetryPolicy = noRetry;

  /** Whether another attempt at `main`, with the same idempotency key, may succeed. */
  isRetriable(_error: unknown): boolean {
    return false;
  }

  /** Unlike Orbits' own, returns the action, so that it can be given to `do` at once. */
  override setArgument(argument: this['IArgument']): this {
    super.setArgument(argument);
    return this;
  }

  /** Unlike Orbits' own, sets the result whole: merging would turn a string into an object of its characters. */
  override setResult(result: this['IResult']): void {
    this.result = result;
  }

  /**
   * Ends in SUCCESS, or in IN_PROGRESS if it has started something whose end `watcher` reports. What `watcher`
   * needs to know is in the `bag`, as JSON has it.
   */
  abstract override main(): Promise<ActionState>;

  /** When asking `watcher` is next worth while, for an action that was IN_PROGRESS. */
  get due(): Date {
    return new Date(this.clock.now() + this.cronActivity.frequency);
  }

  /** Why a run that waits for this action is suspended. */
  get waitReason(): string {
    return `step "${this.ref}" is in progress`;
  }
}

/** The action behind `do(ref, () => value)`: work that belongs to the workflow itself. */
export class InlineAction extends DurableAction {
  static override permanentRef = 'inline';
  declare IResult: object;
  work: () => unknown = () => undefined;

  override async main(): Promise<ActionState> {
    this.result = (await this.work()) as object;
    return ActionState.SUCCESS;
  }
}

/** The action behind `now` and `random`: a value of this process, which nothing outside sees. */
export class ValueAction extends InlineAction {
  static override permanentRef = 'value';
  override readonly hasEffect = false;
}
