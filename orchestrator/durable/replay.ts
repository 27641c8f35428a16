import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Types } from 'mongoose';
import { attempt } from './attempt.ts';
import type { DurableAction } from './durable-action.ts';
import { NonDeterminismError, StepError } from './errors.ts';
import { stepId } from './ids.ts';
import { toJson } from './json.ts';
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

/** A workflow that does something of its own between two steps (it should not) gets this long before it is doubted. */
const GRACE_MS = 50;

/**
 * One pass of a workflow's code over its record: a recorded outcome is delivered, anything else is carried out once
 * and recorded.
 *
 * Outcomes are recorded one after the other, and delivered in that order, live and at every replay. So branches in
 * parallel, and races between them, take the same course each time, and so do the ids, which count the calls of `do`.
 *
 * What must end the pass itself (a mismatch, too little time, a store that is away) never reaches the workflow, whose
 * own try/catch could swallow it: the `do` concerned stays unsettled, and `interrupted` settles instead, with
 * `interruption` set.
 */
export class Replay {
  /** The steps that this pass delivered or carried out. */
  readonly steps: RecordedStep[] = [];
  readonly interrupted: Promise<void>;
  interruption: Error | undefined;

  readonly #options: ReplayOptions;
  /** What is recorded and was not delivered yet, in the order of recording. */
  readonly #undelivered: RecordedStep[];
  /** Steps that wait for their recorded outcome. */
  readonly #waiting = new Map<string, { asked: AskedStep; deliver: (outcome: Promise<unknown>) => void }>();
  readonly #occurrences = new Map<string, number>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #delivered: Promise<void>;
  #recording: Promise<unknown> = Promise.resolve();
  #recordedCount: number;
  #sequence = 0;
  #isReplayed = false;
  #isClosed = false;
  #interrupt!: () => void;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#undelivered = options.recorded.toSorted((a, b) => a.ordinal - b.ordinal || a.sequence - b.sequence);
    this.#recordedCount = this.#undelivered.length;
    this.interrupted = new Promise((resolve) => (this.#interrupt = resolve));
    this.#delivered = this.#deliverRecorded();
  }

  /** The id must be known before anything is awaited, for ids count the calls. */
  step(ref: string, action: DurableAction): Promise<unknown> {
    if (this.#isClosed) return unsettled();
    const id = stepId(this.#options.run, ref, this.#occurrence('ref', ref));
    const scope = (action.constructor as typeof DurableAction).idempotencyScope;
    const key = scope ? stepId(this.#options.run, `scope ${scope}`, this.#occurrence('scope', scope)) : id;
    const asked: AskedStep = {
      id,
      ref,
      action: action.dbDoc.actionRef,
      argument: toJson(action.argument),
      sequence: this.#sequence++,
      idempotencyKey: key.toHexString(),
    };
    const recorded = this.#undelivered.find((step) => step.id.equals(id));
    const outcome = recorded ? this.#awaitTurn(asked, recorded) : this.#carryOutAfterReplay(asked, action);
    // A workflow may look at it later than it fails, or never; that must not end the process.
    outcome.catch(() => undefined);
    return outcome;
  }

  /** Starts nothing more, waits for what is under way, and checks that the workflow asked for all that is recorded. */
  async settle(): Promise<void> {
    this.#isClosed = true;
    await this.#delivered;
    await Promise.all(this.#underWay);
    const [left] = this.#undelivered;
    if (left) this.#stop(new NonDeterminismError(describeStep(left), 'its end'));
  }

  /**
   * Delivers what is recorded, one a turn, in the order of recording. Whatever led to a recorded step was recorded
   * before it: so once that is delivered and has run its course, a step that was not asked for is a mismatch.
   */
  async #deliverRecorded(): Promise<void> {
    for (let next = this.#undelivered[0]; next; next = this.#undelivered[0]) {
      await nextTurn();
      const id = next.id.toHexString();
      if (!this.#waiting.has(id) && !this.#isClosed) await sleep(GRACE_MS);
      const waiting = this.#waiting.get(id);
      if (!waiting || this.interruption) break;
      this.#waiting.delete(id);
      this.#undelivered.shift();
      waiting.deliver(this.#deliver(next));
    }
    await nextTurn();
    this.#isReplayed = true;
    const [other] = this.#waiting.values();
    if (other) this.#refuse(other.asked);
  }

  #awaitTurn(asked: AskedStep, recorded: RecordedStep): Promise<unknown> {
    const differs = recorded.action !== asked.action || !sameJson(recorded.argument, asked.argument);
    if (differs || this.#isReplayed) {
      this.#refuse(asked, differs ? recorded : undefined);
      return unsettled();
    }
    return new Promise((deliver) => this.#waiting.set(asked.id.toHexString(), { asked, deliver }));
  }

  /** Ends the pass over a step that is not the one whose turn it is in the record. */
  #refuse(asked: AskedStep, recorded = this.#undelivered[0]): void {
    if (recorded) this.#stop(new NonDeterminismError(describeStep(recorded), describeStep(asked)));
  }

  #deliver(standing: RecordedStep): Promise<unknown> {
    this.steps.push(standing);
    const { outcome } = standing;
    return outcome.state === 'SUCCESS'
      ? Promise.resolve(outcome.result)
      : Promise.reject(new StepError(standing.ref, outcome.error));
  }

  #carryOutAfterReplay(asked: AskedStep, action: DurableAction): Promise<unknown> {
    return new Promise((resolve) => {
      const work = this.#carryOut(asked, action, (outcome) => {
        outcome.catch(() => undefined);
        resolve(outcome);
      });
      this.#underWay.add(work);
    });
  }

  async #carryOut(asked: AskedStep, action: DurableAction, deliver: (outcome: Promise<unknown>) => void) {
    await this.#delivered;
    this.#refuse(asked);
    if (this.interruption || this.#isClosed) return;
    try {
      this.#options.observer?.stepStarted(asked);
      const { time = noTimeLimit, attempts } = this.#options;
      const { idempotencyKey, ...step } = asked;
      action.idempotencyKey = idempotencyKey;
      const startedAt = new Date();
      const attempted = await attempt(step, action, attempts?.get(step.id.toHexString()) ?? 0, time);
      await this.#recordInOrder(action, { ...step, ...attempted, startedAt, endedAt: new Date() }, deliver);
    } catch (error) {
      this.#stop(error as Error);
    }
  }

  /** Records and delivers one outcome at a time: the next one is recorded after the workflow has seen this one. */
  #recordInOrder(
    action: DurableAction,
    step: Omit<RecordedStep, 'ordinal'>,
    deliver: (outcome: Promise<unknown>) => void,
  ): Promise<void> {
    const recorded = this.#recording.then(async () => {
      const standing = await this.#options.recorder.record(action, {
        ...step,
        ordinal: this.#recordedCount++,
      });
      this.#options.observer?.stepEnded(standing);
      deliver(this.#deliver(standing));
      await nextTurn();
    });
    this.#recording = recorded.catch(() => undefined);
    return recorded;
  }

  #occurrence(kind: 'ref' | 'scope', name: string): number {
    const counter = `${kind} ${name}`;
    const occurrence = this.#occurrences.get(counter) ?? 0;
    this.#occurrences.set(counter, occurrence + 1);
    return occurrence;
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
