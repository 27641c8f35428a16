import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Types } from 'mongoose';
import type { DurableAction } from './durable-action.ts';
import { attempt } from './attempt.ts';
import { NonDeterminismError, StepError, toJson } from './errors.ts';
import { stepId } from './ids.ts';
import { describeStep, type RecordedStep } from './step.ts';
import { noTimeLimit, type TimeLimit } from './suspension.ts';

/** Where outcomes go. `record` answers the outcome that stands: the first one written wins. */
export interface StepRecorder {
  record(action: DurableAction, step: RecordedStep): Promise<RecordedStep>;
}

/** Told of each step as it happens. */
export interface StepObserver {
  stepStarted(step: AskedStep): void;
  stepEnded(step: RecordedStep): void;
}

/** A step that a workflow asks for. */
export interface AskedStep {
  id: Types.ObjectId;
  ref: string;
  action: string;
  argument: unknown;
  sequence: number;
  idempotencyKey: string;
}

/** What one pass of a workflow works with. */
export interface ReplayOptions {
  run: Types.ObjectId;
  recorded: RecordedStep[];
  recorder: StepRecorder;
  observer?: StepObserver | undefined;
  time?: TimeLimit | undefined;
  /** Attempts that earlier passes made at steps without an outcome, by the step's id in hexadecimal. */
  attempts?: ReadonlyMap<string, number> | undefined;
}

/**
 * One pass of a workflow's code over its record: a recorded outcome is delivered, anything else is carried out once
 * and recorded.
 *
 * What must end the pass itself (a mismatch, too little time, a store that is away) never reaches the workflow, whose own try/catch
 * could swallow it: the `do` concerned stays unsettled, and `interrupted` settles instead, with `interruption` set.
 */
export class Replay {
  /** The steps that this pass delivered or carried out. */
  readonly steps: RecordedStep[] = [];
  readonly interrupted: Promise<void>;
  interruption: Error | undefined;

  readonly #options: ReplayOptions;
  readonly #recorded: Map<string, RecordedStep>;
  readonly #occurrences = new Map<string, number>();
  readonly #carriedOut = new Set<Promise<unknown>>();
  #sequence = 0;
  #interrupt!: () => void;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#recorded = new Map(options.recorded.map((step) => [step.id.toHexString(), step]));
    this.interrupted = new Promise((resolve) => (this.#interrupt = resolve));
  }

  /** The id must be known before anything is awaited: so several `do` at once count alike at every replay. */
  step(ref: string, action: DurableAction): Promise<unknown> {
    const id = stepId(this.#options.run, ref, this.#occurrence(ref));
    const scope = (action.constructor as typeof DurableAction).idempotencyScope;
    const asked: AskedStep = {
      id,
      ref,
      action: action.dbDoc.actionRef,
      argument: toJson(action.argument),
      sequence: this.#sequence++,
      idempotencyKey: (scope ? this.#scopedId(scope) : id).toHexString(),
    };
    const recorded = this.#take(asked);
    return recorded ? this.#deliver(asked, recorded) : this.#carryOutOnce(asked, action);
  }

  /** Waits for what is under way and checks that the workflow asked for all that is recorded. */
  async settle(): Promise<void> {
    // A step that ends may be followed by one that nobody awaits.
    for (let known = -1; known < this.#carriedOut.size;) {
      known = this.#carriedOut.size;
      await Promise.all(this.#carriedOut);
      await nextTurn();
    }
    if (!this.interruption) this.#checkAllAsked('its end');
  }

  #occurrence(name: string): number {
    const occurrence = this.#occurrences.get(name) ?? 0;
    this.#occurrences.set(name, occurrence + 1);
    return occurrence;
  }

  #scopedId(scope: string): Types.ObjectId {
    const name = `scope ${scope}`;
    return stepId(this.#options.run, name, this.#occurrence(name));
  }

  #take(asked: AskedStep): RecordedStep | undefined {
    const id = asked.id.toHexString();
    const recorded = this.#recorded.get(id);
    this.#recorded.delete(id);
    return recorded;
  }

  #deliver(asked: AskedStep, recorded: RecordedStep): Promise<unknown> {
    if (recorded.action !== asked.action || !sameJson(recorded.argument, asked.argument)) {
      this.#stop(new NonDeterminismError(describeStep(recorded), describeStep(asked)));
      return unsettled();
    }
    this.steps.push(recorded);
    const { outcome } = recorded;
    return outcome.state === 'SUCCESS'
      ? Promise.resolve(outcome.result)
      : Promise.reject(new StepError(recorded.ref, outcome.error));
  }

  #carryOutOnce(asked: AskedStep, action: DurableAction): Promise<unknown> {
    const carriedOut = this.#carryOut(asked, action);
    this.#carriedOut.add(carriedOut);
    return carriedOut.then((standing) => (standing ? this.#deliver(asked, standing) : unsettled()));
  }

  /** The outcome that stands; undefined where the pass was interrupted. */
  async #carryOut(asked: AskedStep, action: DurableAction): Promise<RecordedStep | undefined> {
    // A recorded step was only ever asked for after all that it depends on was recorded. So once the delivered
    // results have run their course, a record that nobody asked for is a mismatch: seen before anything new is done.
    if (this.#recorded.size > 0) {
      await nextTurn();
      this.#checkAllAsked(describeStep(asked));
    }
    if (this.interruption) return undefined;

    try {
      this.#options.observer?.stepStarted(asked);
      const standing = await this.#options.recorder.record(action, await this.#perform(asked, action));
      this.#options.observer?.stepEnded(standing);
      return standing;
    } catch (error) {
      this.#stop(error as Error);
      return undefined;
    }
  }

  async #perform(asked: AskedStep, action: DurableAction): Promise<RecordedStep> {
    const { time = noTimeLimit, attempts } = this.#options;
    const { idempotencyKey, ...step } = asked;
    action.idempotencyKey = idempotencyKey;
    const startedAt = new Date();
    const attempted = await attempt(step, action, attempts?.get(step.id.toHexString()) ?? 0, time);
    return { ...step, ...attempted, startedAt, endedAt: new Date() };
  }

  #checkAllAsked(insteadOf: string): void {
    const [unasked] = this.#recorded.values();
    if (unasked) this.#stop(new NonDeterminismError(describeStep(unasked), insteadOf));
  }

  #stop(reason: Error): void {
    this.interruption ??= reason;
    this.#interrupt();
  }
}

const unsettled = () => new Promise<never>(() => undefined);

/** Documents come back with the order of keys in which they were written, so the order is part of what is compared. */
function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
