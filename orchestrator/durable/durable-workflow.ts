import { Action, ActionState, Workflow, type ActionApp } from '@wbce/orbits-core';
import { mongo, type Types } from 'mongoose';
import type * as z from 'zod';
import { systemClock, type Clock } from './clock.ts';
import { currentAttempt } from './attempt.ts';
import { Compensation, type Undo, type Undone } from './compensation.ts';
import { InlineAction, ValueAction, type DurableAction } from './durable-action.ts';
import type { Duration } from './duration.ts';
import { recordError, RunCancelledError, StepError, UnknownWorkflowError } from './errors.ts';
import type { Ending } from './changes.ts';
import { RUN_RESULT_BYTES, tooLarge, toJson } from './json.ts';
import { quietly, Replay } from './replay.ts';
import type { ReplayOptions } from './replay-options.ts';
import type { RunDocument } from './run-document.ts';
import { SleepAction } from './sleep.ts';
import { isUndo, type RecordedStep } from './step.ts';
import { Suspension, type Wait } from './suspension.ts';
import { WaitForAction } from './wait-for.ts';

/** A workflow's class that can be instantiated: one version of it. */
export type WorkflowVersion = (new () => DurableWorkflow) &
  typeof Action & {
    version: number;
    previousVersions: WorkflowVersion[];
    signals: Record<string, z.ZodType>;
  };

export interface StepOptions<Result> {
  /** From the step's first attempt, over all its attempts; then it fails with a `StepTimeoutError`. */
  timeout?: Duration;
  /** What undoes the step if the run fails later. It is executed once, as a step `undo REF`. */
  undo?: (result: Result) => DurableAction;
}

/**
 * A workflow whose `define` is ordinary code: each `this.do` is a step that is executed and recorded once. After a crash
 * `define` runs again from its start, gets the recorded outcomes, and goes on from there.
 *
 * So between two steps it may use nothing but its argument and the results of its steps. It is an Orbits action like
 * any other: a standing Orbits worker can resume its runs.
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
  /** What each signal must be that `waitFor` waits for, by its ref. */
  static signals: Record<string, z.ZodType> = {};
  /** One pass over a run that an Orbits worker has locked; the app gives it. */
  static passOfWorker: ((app: ActionApp, run: Types.ObjectId) => Promise<void>) | undefined;

  #replay: Replay | undefined;
  #compensation = new Compensation();
  #clock: Clock = systemClock;

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
    const outcome = this.#step(ref, typeof work === 'function' ? inline(InlineAction, work) : work, timeout);
    if (undo && !this.#compensation.hasBegun) this.#compensation.cover(ref, outcome, undo as Undo);
    return outcome;
  }

  #step(ref: string, action: DurableAction, timeout?: Duration): Promise<unknown> {
    if (!this.#replay) throw new Error('a step belongs inside `define`');
    // A workflow that has failed asks for nothing more; what is inside a step is refused there.
    if (this.#compensation.hasBegun && !currentAttempt.getStore()) return new Promise(() => undefined);
    if (isUndo({ ref }))
      return this.#replay.refuse(`The ref "${ref}" is that of an undo. Give the step another one.`);
    return this.#replay.step(ref, action, timeout);
  }

  /** A workflow may look at an outcome later than it fails, or never; that must not end the process. */
  #value<T>(outcome: Promise<unknown>, toValue: (result: unknown) => T): Promise<T> {
    const value = outcome.then(toValue);
    value.catch(() => undefined);
    return value;
  }

  /** A pause. If it is longer than a Lambda should wait for, the run is suspended. */
  sleep(ref: string, time: Duration | Date): Promise<void> {
    // An invalid date has no ISO text, and fails the step.
    const argument = time instanceof Date ? { until: String(time.toJSON()) } : { duration: time };
    return this.#value(this.do(ref, new SleepAction().setArgument(argument)), () => undefined);
  }

  /**
   * A signal from outside, as `static signals` declares it. The run costs nothing while it waits.
   * Throws a `StepTimeoutError` if none came in time.
   */
  waitFor<T>(ref: string, { timeout }: { timeout: Duration }): Promise<T> {
    const { signals } = this.constructor as typeof DurableWorkflow;
    if (!Object.hasOwn(signals, ref)) {
      return quietly(
        Promise.reject(
          new TypeError(`There is no signal "${ref}": declare it in \`static signals\`, with its schema.`),
        ),
      );
    }
    const action = new WaitForAction().setArgument({ timeout });
    action.schema = signals[ref]!;
    return this.do(ref, action) as Promise<T>;
  }

  /** The time, the same at every replay. */
  now(ref = 'now'): Promise<Date> {
    const time = this.#step(
      ref,
      inline(ValueAction, () => new Date(this.#clock.now()).toISOString()),
    );
    return this.#value(time, (text) => new Date(text as string));
  }

  /** A number from 0 up to but not including 1, the same at every replay. */
  random(ref = 'random'): Promise<number> {
    return this.#step(
      ref,
      inline(ValueAction, () => this.#clock.random()),
    ) as Promise<number>;
  }

  get version(): number {
    return (this.constructor as typeof DurableWorkflow).version;
  }

  /** Why steps of the last pass have no outcome yet. */
  get parked(): Wait[] {
    return this.#replay?.parked ?? [];
  }

  /** The steps that the last pass delivered or carried out. */
  get history(): RecordedStep[] {
    return this.#replay?.steps ?? [];
  }

  /** This workflow as a version of it has it. */
  ofVersion(version: number): DurableWorkflow {
    const current = this.constructor as WorkflowVersion;
    if (version === current.version) return this;
    const Earlier = current.previousVersions.find((earlier) => earlier.version === version);
    if (!Earlier) {
      const known = [current, ...current.previousVersions].map((known) => known.version);
      throw new UnknownWorkflowError(this.dbDoc.actionRef, version, known);
    }
    const earlier = new Earlier();
    earlier.dbDoc = this.dbDoc;
    return earlier;
  }

  /** One pass. Throws what is not an outcome of the run: a `Suspension`, a blocking error, or a store that is away. */
  async advance(options: ReplayOptions): Promise<Ending> {
    this.#clock = options.clock;
    const replay = new Replay(options);
    this.#replay = replay;
    this.#compensation = new Compensation();
    return this.#conclude(replay, options.journal.document.bag.cancelled);
  }

  /** For Orbits' workers: one pass, which writes all that there is to write. */
  override async main(): Promise<ActionState> {
    await DurableWorkflow.passOfWorker!(this.app, this._id).catch((error: unknown) =>
      this.internalLogError(error as Error),
    );
    // Orbits writes nothing of a document that was deleted: what it knows of this one is from before the pass.
    this.dbDoc.$isDeleted(true);
    return ActionState.UNKNOWN;
  }

  async #conclude(replay: Replay, cancelled: RunDocument['bag']['cancelled']): Promise<Ending> {
    const undo = (isCancelled: boolean) => this.#compensation.carryOut(replay, isCancelled);
    // A result that can't be recorded is an error like any other.
    const defined = Promise.race([
      Promise.resolve().then(() => this.define() as Promise<unknown>),
      replay.misused,
    ]).then(succeed);
    // A run that was cancelled ends so, whatever `define` makes of its history: a person was answered that it does.
    const ended = cancelled
      ? replay.cancelled.then(async () =>
          fail(cancelError(cancelled.reason, replay.unasked), replay, await undo(true)),
        )
      : defined.catch(async (error: unknown) => fail(error, replay, await undo(false)));
    void quietly(defined);
    const ending = (await Promise.race([ended, replay.interrupted])) ?? fail(replay.interruption, replay);
    await replay.settle();
    if (replay.interruption) throw replay.interruption;
    const [first, ...others] = replay.unattempted;
    if (first) throw new Suspension(first, ...others);
    return ending;
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

function succeed(value: unknown): Ending {
  const result = toJson(value, RUN_RESULT_BYTES);
  // The result of a run is stored as BSON, in which a small number is longer than in JSON.
  const bytes = mongo.BSON.calculateObjectSize({ result });
  if (bytes > RUN_RESULT_BYTES) throw tooLarge(`a result of ${bytes} bytes of BSON`, RUN_RESULT_BYTES);
  return { state: ActionState.SUCCESS, result };
}

function fail(error: unknown, { steps }: Replay, undone?: Undone): Ending {
  const failed = StepError.stepsOf(error);
  // Of several, a retry has to go back to the first.
  const first = steps.find(({ id }) => failed.has(id.toHexString()));
  return {
    state: ActionState.ERROR,
    result: { ...recordError(error), ...undone },
    isUndone: undone !== undefined,
    failedStep: first?.id.toHexString(),
  };
}

function cancelError(reason = '', unasked: string | undefined): RunCancelledError {
  if (unasked === undefined) return new RunCancelledError(reason);
  return new RunCancelledError(
    `${reason} The workflow no longer asks for step "${unasked}": what it and later steps did was not undone.`,
  );
}

function inline(Class: typeof InlineAction, work: () => unknown): InlineAction {
  const action = new Class();
  action.work = work;
  return action;
}
