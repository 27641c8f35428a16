import { Action, ActionState, BreakingActionState, Workflow } from '@wbce/orbits-core';
import { InlineAction, type DurableAction } from './durable-action.ts';
import { NonDeterminismError, recordError } from './errors.ts';
import { toJson } from './json.ts';
import { Replay, type ReplayOptions } from './replay.ts';
import { loadSteps, insertStep } from './step-store.ts';
import type { RecordedStep } from './step.ts';

/** What the driver of a pass knows already; the record is read where it is left out. */
export type PassOptions = Partial<Pick<ReplayOptions, 'recorded' | 'observer' | 'time' | 'attempts'>>;

/**
 * A workflow whose `define` is ordinary code: each `this.do` is a step that is carried out once and recorded. After a
 * crash `define` runs again from its start, is given what is recorded, and goes on where it was.
 *
 * So between two `do` it may use nothing but its argument and the results of its steps. It is an Orbits action like
 * any other: a standing Orbits worker can carry its runs on.
 */
export abstract class DurableWorkflow extends Workflow {
  static override permanentRef: string;
  static override defaultDelays = {
    // Orbits' workers start a run again that has been in execution for so long: the longest that a Lambda may take.
    [ActionState.EXECUTING_MAIN]: 15 * 60 * 1000,
    [ActionState.IN_PROGRESS]: Infinity,
  };

  #replay: Replay | undefined;

  /** The business process. What it returns is the run's result; what it throws, the run's error. */
  // Orbits declares it as void; only `any` lets a subclass give the type of its own result.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  abstract override define(): Promise<any>;

  override setArgument(argument: this['IArgument']): this {
    super.setArgument(argument);
    return this;
  }

  /** A step: an action, or work of the workflow's own. Its result is what JSON keeps of it. */
  do<A extends DurableAction>(ref: string, action: A): Promise<A['IResult']>;
  do<T>(ref: string, work: () => T | Promise<T>): Promise<T>;
  do(ref: string, work: DurableAction | (() => unknown)): Promise<unknown> {
    if (!this.#replay) throw new Error('`do` belongs inside `define`');
    return this.#replay.step(ref, typeof work === 'function' ? inline(work) : work);
  }

  /** The steps that the last pass delivered or carried out. */
  get history(): RecordedStep[] {
    return this.#replay?.steps ?? [];
  }

  /** One pass. Throws what is no outcome of the run: a `Suspension`, or a store that is away. */
  async advance(options: PassOptions = {}): Promise<ActionState> {
    const recorded = options.recorded ?? (await loadSteps(this.app, this._id));
    const recorder = { record: insertStep.bind(undefined, this.app, this.dbDoc) };
    const replay = new Replay({ ...options, run: this._id, recorded, recorder });
    this.#replay = replay;
    return this.#conclude(replay);
  }

  /** For Orbits' workers: a pass that reads the record by itself. What is no outcome leaves the run in progress. */
  override main(): Promise<ActionState> {
    return this.advance().catch((error: unknown) => {
      this.internalLogError(error as Error);
      // How Orbits is told of a state from within; it is no Error.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw new BreakingActionState(ActionState.IN_PROGRESS);
    });
  }

  async #conclude(replay: Replay): Promise<ActionState> {
    // A result that can't be recorded is an error like any other.
    const defined = Promise.resolve()
      .then(() => this.define() as Promise<unknown>)
      .then(succeed)
      .catch(fail);
    let outcome = (await Promise.race([defined, replay.interrupted])) ?? fail(replay.interruption);
    await replay.settle();
    const { interruption } = replay;
    if (interruption instanceof NonDeterminismError) outcome = fail(interruption);
    else if (interruption) throw interruption;

    this.result = outcome.result as this['IResult'];
    return outcome.state;
  }

  /** Orbits' own calls `define` here, to have the steps declared; ours runs it in `main`. */
  override initialization(): Promise<void> {
    return Action.prototype.initialization.call(this);
  }

  /** For Orbits' workers: a run that was left in mid-pass is begun again, which carries it on. */
  override onMainTimeout(): ActionState {
    return ActionState.SLEEPING;
  }

  override watcher(): Promise<ActionState> {
    return this.main();
  }
}

const succeed = (value: unknown) => ({ state: ActionState.SUCCESS, result: toJson(value) });
const fail = (error: unknown) => ({ state: ActionState.ERROR, result: recordError(error) });

function inline(work: () => unknown): InlineAction {
  const action = new InlineAction();
  action.work = work;
  return action;
}
