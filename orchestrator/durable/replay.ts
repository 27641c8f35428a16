import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Types } from 'mongoose';
import type { DurableAction } from './durable-action.ts';
import type { Duration } from './duration.ts';
import { NonDeterminismError, StepError } from './errors.ts';
import { execute, type Executed, type StepOpener } from './execute.ts';
import { stepId } from './ids.ts';
import { toJson } from './json.ts';
import {
  describeStep,
  isEnded,
  type AskedStep,
  type OpenStep,
  type RecordedStep,
  type StepRecord,
} from './step.ts';
import { noTimeLimit, Suspension, type TimeLimit, type Wait } from './suspension.ts';

/** Where steps are written. `record` answers the outcome that stands: the first one written wins. */
export interface StepRecorder extends StepOpener {
  record(action: DurableAction, step: RecordedStep, isOpen: boolean): Promise<RecordedStep>;
}

/** Gets each step as it happens. */
export interface StepObserver {
  stepStarted(step: AskedStep): void;
  stepEnded(step: RecordedStep): void;
}

/** What one pass of a workflow works with. */
export interface ReplayOptions {
  run: Types.ObjectId;
  recorded: StepRecord[];
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
 * A step that has to wait for longer than the pass may leaves the other branches to go on; once none can, the pass
 * ends in a `Suspension`.
 *
 * What must end the pass itself (that, a mismatch, a store that is away) never reaches the workflow, whose own
 * try/catch could swallow it: the `do` concerned stays unsettled, and `interrupted` settles instead, with
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
  /** Steps that are recorded as open, and that the workflow has not asked for yet. */
  readonly #open = new Map<string, OpenStep>();
  /** Steps that wait for longer than this pass does. */
  readonly #parked: Wait[] = [];
  readonly #occurrences = new Map<string, number>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #delivered: Promise<void>;
  #recording: Promise<unknown> = Promise.resolve();
  #recordedCount: number;
  #sequence = 0;
  #latest: AskedStep | undefined;
  #isReplayed = false;
  #isClosed = false;
  #interrupt!: () => void;

  constructor(options: ReplayOptions) {
    this.#options = options;
    for (const step of options.recorded) if (!isEnded(step)) this.#open.set(step.id.toHexString(), step);
    this.#undelivered = options.recorded
      .filter(isEnded)
      .toSorted((a, b) => a.ordinal - b.ordinal || a.sequence - b.sequence);
    this.#recordedCount = this.#undelivered.length;
    this.interrupted = new Promise((resolve) => (this.#interrupt = resolve));
    this.#delivered = this.#deliverRecorded();
  }

  /** The id must be known before anything is awaited, for ids count the calls. */
  step(ref: string, action: DurableAction, timeout?: Duration): Promise<unknown> {
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
    this.#latest = asked;
    const recorded = this.#undelivered.find((step) => step.id.equals(id));
    const outcome = recorded
      ? this.#awaitTurn(asked, recorded)
      : this.#carryOutAfterReplay(asked, action, timeout);
    // A workflow may look at it later than it fails, or never; that must not end the process.
    outcome.catch(() => undefined);
    return outcome;
  }

  /** Whether steps are left that are recorded as open and whose outcome the workflow did not await. */
  get leavesOpen(): boolean {
    return this.#parked.length > 0;
  }

  /** Starts nothing more, waits for what is under way, and checks that the workflow asked for all that is recorded. */
  async settle(): Promise<void> {
    this.#isClosed = true;
    await this.#delivered;
    await Promise.all(this.#underWay);
    const left = this.#undelivered[0] ?? this.#neverAsked();
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
    if (this.#open.size > 0 && !this.#isClosed) await sleep(GRACE_MS);
    const left = this.#neverAsked();
    if (left && this.#latest && !this.#isClosed) this.#refuse(this.#latest, left);
  }

  #awaitTurn(asked: AskedStep, recorded: RecordedStep): Promise<unknown> {
    const differs = !isSame(recorded, asked);
    if (differs || this.#isReplayed) {
      this.#refuse(asked, differs ? recorded : undefined);
      return unsettled();
    }
    return new Promise((deliver) => this.#waiting.set(asked.id.toHexString(), { asked, deliver }));
  }

  /** Ends the pass over a step that is not the one whose turn it is in the record. */
  #refuse(asked: AskedStep, recorded: StepRecord | undefined = this.#undelivered[0]): void {
    if (recorded) this.#stop(new NonDeterminismError(describeStep(recorded), describeStep(asked)));
  }

  #deliver(standing: RecordedStep): Promise<unknown> {
    this.steps.push(standing);
    const { outcome } = standing;
    return outcome.state === 'SUCCESS'
      ? Promise.resolve(outcome.result)
      : Promise.reject(new StepError(standing.ref, outcome.error));
  }

  #carryOutAfterReplay(asked: AskedStep, action: DurableAction, timeout?: Duration): Promise<unknown> {
    const id = asked.id.toHexString();
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (open && !isSame(open, asked)) {
      this.#refuse(asked, open);
      return unsettled();
    }
    return new Promise((resolve) => {
      const deliver = (outcome: Promise<unknown>) => {
        outcome.catch(() => undefined);
        resolve(outcome);
      };
      const work = this.#carryOut(asked, action, { timeout, open }, deliver).finally(() => {
        this.#underWay.delete(work);
        return this.#suspendWhereAllWait();
      });
      this.#underWay.add(work);
    });
  }

  /** What led to an open step was recorded before it, so a workflow that goes on without that step has changed. */
  #neverAsked(): OpenStep | undefined {
    return this.#open.values().next().value;
  }

  async #suspendWhereAllWait(): Promise<void> {
    if (this.#underWay.size > 0 || this.#parked.length === 0 || this.#isClosed) return;
    await sleep(GRACE_MS);
    const [first, ...others] = this.#parked;
    if (this.#underWay.size === 0 && first && !this.#isClosed) this.#stop(new Suspension(first, ...others));
  }

  async #carryOut(
    asked: AskedStep,
    action: DurableAction,
    { timeout, open }: { timeout: Duration | undefined; open: OpenStep | undefined },
    deliver: (outcome: Promise<unknown>) => void,
  ): Promise<void> {
    await this.#delivered;
    this.#refuse(asked);
    if (this.interruption || this.#isClosed) return;
    try {
      this.#options.observer?.stepStarted(asked);
      const { time = noTimeLimit, attempts, recorder: opener } = this.#options;
      const attemptsBefore = attempts?.get(asked.id.toHexString()) ?? 0;
      const executed = await execute(asked, { action, timeout, open, attemptsBefore, opener, time });
      await this.#recordInOrder(action, executed, deliver);
    } catch (error) {
      if (error instanceof Suspension) this.#parked.push(...error.waits);
      else this.#stop(error as Error);
    }
  }

  /** Records and delivers one outcome at a time: the next one is recorded after the workflow has seen this one. */
  #recordInOrder(
    action: DurableAction,
    { step, isOpen }: Executed,
    deliver: (outcome: Promise<unknown>) => void,
  ): Promise<void> {
    const recorded = this.#recording.then(async () => {
      const numbered = { ...step, ordinal: this.#recordedCount++ };
      const standing = await this.#options.recorder.record(action, numbered, isOpen);
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
function isSame(recorded: StepRecord, asked: AskedStep): boolean {
  return (
    recorded.action === asked.action && JSON.stringify(recorded.argument) === JSON.stringify(asked.argument)
  );
}
