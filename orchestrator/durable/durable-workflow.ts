import { Action, ActionState, BreakingActionState, Workflow } from '@wbce/orbits-core';
import type * as z from 'zod';
import { Compensation, type Undo, type Undone } from './compensation.ts';
import { InlineAction, type DurableAction } from './durable-action.ts';
import type { Duration } from './duration.ts';
import { NonDeterminismError, recordError, UnknownVersionError } from './errors.ts';
import { toJson } from './json.ts';
import { Replay, type ReplayOptions } from './replay.ts';
import { SleepAction } from './sleep.ts';
import { loadSteps, StepStore } from './step-store.ts';
import type { RecordedStep } from './step.ts';
import { WaitForAction } from './wait-for.ts';

/** What the runner of a pass already knows. If it is omitted, the history is read. */
export type PassOptions = Partial<Pick<ReplayOptions, 'recorded' | 'observer' | 'time' | 'attempts'>>;

/** A workflow's class that can be instantiated: one version of it. */
export type WorkflowVersion = (new () => DurableWorkflow) &
  typeof Action & { version: number; previousVersions: WorkflowVersion[] };

export interface StepOptions<Result> {
  /** From when the step is first begun, over all its attempts; then it fails with a `StepTimeoutError`. */
  timeout?: Duration;
  /** What takes the step back, should the run fail after it. It is carried out once, as a step `undo REF`. */
  undo?: (result: Result) => DurableAction;
}

/**
 * A workflow whose `define` is ordinary code: each `this.do` is a step that is carried out once and recorded. After a
 * crash `define` runs again from its start, is given what is recorded, and goes on where it was.
 *
 * So between two steps it may use nothing but its argument and the results of its steps. It is an Orbits action like
 * any other: a standing Orbits worker can carry its runs on.
 */
export abstract class DurableWorkflow extends Workflow {
  static override permanentRef: string;
  static override defaultDelays = {
    // Orbits' workers start a run again that has been in execution for so long: the longest that a Lambda may take.
    [ActionState.EXECUTING_MAIN]: 15 * 60 * 1000,
    [ActionState.IN_PROGRESS]: Infinity,
  };

  /** Counted up when `define` changes so that it no longer replays what runs in flight have recorded. */
  static version = 1;
  /** The classes of earlier versions whose runs have not all ended; each run is resumed by the version that started it. */
  static previousVersions: WorkflowVersion[] = [];

  #replay: Replay | undefined;
  #compensation = new Compensation();

  /** The business process. What it returns is the run's result; what it throws, the run's error. */
  // Orbits declares it as void; only `any` lets a subclass give the type of its own result.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  abstract override define(): Promise<any>;

  override setArgument(argument: this['IArgument']): this {
    super.setArgument(argument);
    return this;
  }

  /** A step: an action, or work of the workflow's own. Its result is what JSON keeps of it. */
  do<A extends DurableAction>(
    ref: string,
    action: A,
    options?: StepOptions<A['IResult']>,
  ): Promise<A['IResult']>;
  do<T>(ref: string, work: () => T | Promise<T>, options?: StepOptions<T>): Promise<T>;
  do(
    ref: string,
    work: DurableAction | (() => unknown),
    { timeout, undo }: StepOptions<never> = {},
  ): Promise<unknown> {
    if (!this.#replay) throw new Error('a step belongs inside `define`');
    if (this.#compensation.hasBegun) return new Promise(() => undefined);
    const outcome = this.#replay.step(ref, typeof work === 'function' ? inline(work) : work, timeout);
    if (undo) this.#compensation.cover(ref, outcome, undo as Undo);
    return outcome;
  }

  /** A pause. If it is longer than a Lambda should wait for, the run is suspended. */
  async sleep(ref: string, time: Duration | Date): Promise<void> {
    const argument = time instanceof Date ? { until: time.toISOString() } : { duration: time };
    await this.do(ref, new SleepAction().setArgument(argument));
  }

  /**
   * An answer from outside, as the schema has it. The run costs nothing while it waits.
   * Throws a `StepTimeoutError` where none came in time.
   */
  async waitFor<T>(
    ref: string,
    { schema, timeout }: { schema: z.ZodType<T>; timeout: Duration },
  ): Promise<T> {
    const action = new WaitForAction().setArgument({ timeout });
    action.schema = schema;
    return (await this.do(ref, action)) as T;
  }

  /** The time, the same at every replay. */
  async now(ref = 'now'): Promise<Date> {
    return new Date(await this.do(ref, () => new Date().toISOString()));
  }

  /** A number from 0 up to but not including 1, the same at every replay. */
  random(ref = 'random'): Promise<number> {
    return this.do(ref, () => Math.random());
  }

  /** The steps that the last pass delivered or carried out. */
  get history(): RecordedStep[] {
    return this.#replay?.steps ?? [];
  }

  get leavesOpen(): boolean {
    return this.#replay?.leavesOpen ?? false;
  }

  /** This workflow as a version of it has it. */
  ofVersion(version: number): DurableWorkflow {
    const current = this.constructor as WorkflowVersion;
    if (version === current.version) return this;
    const Earlier = current.previousVersions.find((earlier) => earlier.version === version);
    if (!Earlier) {
      const known = [current, ...current.previousVersions].map((known) => known.version);
      throw new UnknownVersionError(this.dbDoc.actionRef, version, known);
    }
    const earlier = new Earlier();
    earlier.dbDoc = this.dbDoc;
    return earlier;
  }

  /** One pass. Throws what is no outcome of the run: a `Suspension`, or a store that is away. */
  async advance(options: PassOptions = {}): Promise<ActionState> {
    const recorded = options.recorded ?? (await loadSteps(this.app, this._id));
    const recorder = new StepStore(this.app, this.dbDoc);
    const replay = new Replay({ ...options, run: this._id, recorded, recorder });
    this.#replay = replay;
    this.#compensation = new Compensation();
    return this.#conclude(replay);
  }

  /** For Orbits' workers: a pass that reads the record by itself. What is no outcome leaves the run in progress. */
  override async main(): Promise<ActionState> {
    try {
      const workflow = this.ofVersion((this.bag as { version?: number }).version ?? 1);
      const state = await workflow.advance();
      this.result = workflow.result;
      return state;
    } catch (error) {
      this.internalLogError(error as Error);
      // Orbits takes a state that is thrown; it is not an Error.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw new BreakingActionState(ActionState.IN_PROGRESS);
    }
  }

  async #conclude(replay: Replay): Promise<ActionState> {
    // A result that can't be recorded is an error like any other.
    const defined = Promise.resolve()
      .then(() => this.define() as Promise<unknown>)
      .then(succeed)
      .catch(async (error: unknown) => fail(error, await this.#compensation.carryOut(replay)));
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

  /** For Orbits' workers: a run whose pass crashed is started again, which resumes it. */
  override onMainTimeout(): ActionState {
    return ActionState.SLEEPING;
  }

  override watcher(): Promise<ActionState> {
    return this.main();
  }
}

const succeed = (value: unknown) => ({ state: ActionState.SUCCESS, result: toJson(value) });
const fail = (error: unknown, undone?: Undone) => ({
  state: ActionState.ERROR,
  result: { ...recordError(error), ...undone },
});

function inline(work: () => unknown): InlineAction {
  const action = new InlineAction();
  action.work = work;
  return action;
}
