import { currentAttempt, type Attempt } from './attempt.ts';
import type { DurableAction } from './durable-action.ts';
import { toMs, type Duration } from './duration.ts';
import { MisuseError, NonDeterminismError, StepError } from './errors.ts';
import { toJson } from './json.ts';
import { grace, LiveSteps } from './live-steps.ts';
import type { ReplayOptions } from './replay-options.ts';
import { fromStoredOpen } from './run-document.ts';
import {
  describeStep,
  isSame,
  isUndo,
  type AskedStep,
  type EndedStep,
  type OpenStep,
  type RecordedStep,
} from './step.ts';
import { StepIds } from './step-ids.ts';
import type { Wait } from './suspension.ts';

type Deliver = (outcome: Promise<unknown>) => void;

/**
 * One pass of a workflow's code over its history: a recorded outcome is delivered, any other step is executed.
 *
 * Outcomes get their place in the history as they come, and are delivered in that order, live and at every replay. So
 * branches in parallel, and races between them, take the same course each time, and so do the ids, which count the
 * calls of `do`.
 *
 * What must end the pass itself (a suspension, a mismatch, a store that is away) never reaches the workflow, whose own
 * try/catch could swallow it: the `do` concerned stays unsettled, and `interrupted` settles instead, with
 * `interruption` set.
 */
export class Replay {
  /** The steps that this pass delivered. */
  readonly steps: RecordedStep[] = [];
  readonly interrupted: Promise<void>;
  interruption: Error | undefined;
  /** Rejects if the workflow uses `do` in a way that a replay could not repeat: the run ends so, also if it catches that. */
  readonly misused: Promise<never>;
  /** Of a run that was cancelled: the first recorded step that the workflow no longer asks for. */
  unasked: string | undefined;
  /** Settles once a run that was cancelled has replayed its history. */
  readonly cancelled: Promise<void>;

  readonly #options: ReplayOptions;
  readonly #ids: StepIds;
  /** What is recorded and was not delivered yet, in the order of recording. */
  #undelivered: RecordedStep[];
  readonly #undeliveredById: Map<string, RecordedStep>;
  /** Steps that wait for their recorded outcome. */
  readonly #waiting = new Map<string, { asked: AskedStep; deliver: Deliver }>();
  /** Steps that are recorded as open, and that the workflow has not asked for yet. */
  readonly #open: Map<string, OpenStep>;
  readonly #live: LiveSteps;
  readonly #delivered: Promise<void>;
  readonly #used = new WeakSet<DurableAction>();
  #sequence = 0;
  #latest: AskedStep | undefined;
  #isReplayed = false;
  #isClosed = false;
  #isCancelled = false;
  #isMisused = false;
  #misuse!: (error: MisuseError) => void;
  #interrupt!: () => void;
  #cancel!: () => void;

  constructor(options: ReplayOptions) {
    this.#options = options;
    const { bag, _id } = options.journal.document;
    this.#ids = new StepIds(_id);
    this.#undelivered = [...options.history];
    this.#undeliveredById = new Map(options.history.map((step) => [step.id.toHexString(), step]));
    this.#open = new Map(Object.entries(bag.open ?? {}).map((entry) => [entry[0], fromStoredOpen(entry)]));
    this.misused = quietly(new Promise<never>((_, reject) => (this.#misuse = reject)));
    this.interrupted = new Promise((resolve) => (this.#interrupt = resolve));
    this.cancelled = new Promise((resolve) => (this.#cancel = resolve));
    this.#live = new LiveSteps(options, (reason) => this.#stop(reason));
    this.#delivered = this.#deliverRecorded();
  }

  /** The id must be known before anything is awaited, because ids count the calls. */
  step(ref: string, action: DurableAction, timeout?: Duration): Promise<unknown> {
    const attempt = currentAttempt.getStore();
    if (attempt) return this.#refuseInside(attempt, ref);
    if (this.#isClosed || (this.#isMisused && !isUndo({ ref }))) return unsettled();
    const misuse = this.#ids.misuseOf(ref);
    if (misuse) return this.refuse(misuse);
    let argument: unknown;
    try {
      argument = toJson(action.argument);
      if (timeout) toMs(timeout);
    } catch (error) {
      return quietly(Promise.reject(error as Error));
    }
    if (this.#used.has(action))
      return this.refuse(
        `Step "${ref}" is given an action that another step has. Give each step an action of its own.`,
      );
    this.#used.add(action);
    // A copy: what the workflow changes later is no part of this step.
    action.dbDoc.argument = structuredClone(argument) as typeof action.dbDoc.argument;
    const { idempotencyScope } = action.constructor as typeof DurableAction;
    const { id, idempotencyKey } = this.#ids.next(ref, idempotencyScope);
    const asked: AskedStep = {
      id,
      ref,
      action: action.dbDoc.actionRef,
      argument,
      sequence: this.#sequence++,
      idempotencyKey,
    };
    this.#latest = asked;
    const recorded = this.#undeliveredById.get(id.toHexString());
    const outcome = recorded
      ? this.#awaitTurn(asked, recorded)
      : this.#executeAfterReplay(asked, action, timeout);
    // A workflow may look at it later than it fails, or never; that must not end the process.
    return quietly(outcome);
  }

  /** Ends the run over something that a replay could not repeat, whatever the workflow makes of it. */
  refuse(what: string): Promise<never> {
    const error = new MisuseError(what);
    this.#isMisused = true;
    this.#misuse(error);
    return quietly(Promise.reject(error));
  }

  /** Waits of steps that the workflow did not await, and that must be executed before the run ends. */
  get unattempted(): Wait[] {
    return this.#live.unattempted;
  }

  /** Why its steps have no outcome yet. */
  get parked(): Wait[] {
    return this.#live.parked;
  }

  /** Starts nothing more, waits for what is under way, and checks that the workflow asked for all that is recorded. */
  async settle(): Promise<void> {
    this.#isClosed = true;
    this.#live.close();
    await this.#delivered;
    await this.#live.ended();
    const left = this.#undelivered[0] ?? this.#neverAsked();
    if (left && !this.#isCancelled) this.#stop(new NonDeterminismError(describeStep(left), 'its end'));
  }

  /**
   * Delivers what is recorded, one a turn, in the order of recording. What led to a recorded step was recorded before
   * it: so once that is delivered and has run its course, a step that was not asked for is a mismatch.
   */
  async #deliverRecorded(): Promise<void> {
    const { clock, journal } = this.#options;
    for (let next = this.#undelivered[0]; next; next = this.#undelivered[0]) {
      await clock.turn();
      const id = next.id.toHexString();
      if (!this.#waiting.has(id) && !this.#isClosed) await grace(clock);
      if (!this.#waiting.has(id) && journal.document.bag.cancelled && !this.#isCancelled) {
        // What is recorded from here on undid the steps of the run.
        this.#cancelNow();
        await grace(clock);
      }
      if (this.#undelivered[0] !== next) continue;
      const waiting = this.#waiting.get(id);
      if (!waiting || this.interruption) break;
      this.#waiting.delete(id);
      this.#undelivered.shift();
      this.#undeliveredById.delete(id);
      waiting.deliver(this.#deliver(next));
    }
    await clock.turn();
    this.#isReplayed = true;
    const [other] = this.#waiting.values();
    if (other) this.#refuse(other.asked);
    if (journal.document.bag.cancelled && !this.#isCancelled) this.#cancelNow();
    if (this.#open.size > 0 && !this.#isClosed) await grace(clock);
    const left = this.#neverAsked();
    if (left && this.#latest && !this.#isClosed && !this.#isCancelled) this.#refuse(this.#latest, left);
  }

  /** Steps that the workflow no longer asks for keep nothing from being cancelled; what undid steps is replayed. */
  #cancelNow(): void {
    this.#isCancelled = true;
    this.unasked = this.#undelivered.find((step) => !isUndo(step))?.ref;
    this.#undelivered = this.#undelivered.filter(isUndo);
    this.#cancel();
  }

  #awaitTurn(asked: AskedStep, recorded: RecordedStep): Promise<unknown> {
    const differs = !isSame(recorded, asked);
    if (differs || this.#isReplayed) {
      this.#refuse(asked, differs ? recorded : undefined);
      return unsettled();
    }
    return new Promise((deliver) => this.#waiting.set(asked.id.toHexString(), { asked, deliver }));
  }

  /** Ends the pass because a step is not the one whose turn it is in the history. */
  #refuse(asked: AskedStep, recorded: EndedStep | OpenStep | undefined = this.#undelivered[0]): void {
    if (!recorded) return;
    if (this.#options.journal.document.bag.cancelled && !this.#isCancelled) this.#cancelNow();
    else this.#stop(new NonDeterminismError(describeStep(recorded), describeStep(asked)));
  }

  #deliver(step: RecordedStep): Promise<unknown> {
    this.steps.push(step);
    this.#ids.settle(step.ref);
    const { outcome } = step;
    return quietly(
      outcome.state === 'SUCCESS'
        ? // A copy: the workflow may change it, and the record must not.
          Promise.resolve(structuredClone(outcome.result))
        : Promise.reject(new StepError(step.ref, step.id.toHexString(), structuredClone(outcome.error))),
    );
  }

  #executeAfterReplay(asked: AskedStep, action: DurableAction, timeout?: Duration): Promise<unknown> {
    const id = asked.id.toHexString();
    let open = this.#open.get(id);
    this.#open.delete(id);
    if (open && !isSame(open, asked)) {
      if (!open.isSpare) {
        this.#refuse(asked, open);
        return unsettled();
      }
      open = undefined;
    }
    const isUndo = this.#isCancelled;
    const isWanted = () => {
      this.#refuse(asked);
      return !this.interruption && (isUndo || !this.#isCancelled);
    };
    return new Promise((resolve) => {
      const ended = (step: RecordedStep) => resolve(this.#deliver(step));
      this.#live.add({ asked, action, timeout, open, isWanted, ended }, this.#delivered);
    });
  }

  /** What led to an open step was recorded before it, so a workflow that goes on without that step has changed. */
  #neverAsked(): OpenStep | undefined {
    return [...this.#open.values()].find(({ isSpare }) => !isSpare);
  }

  /** Its work would be repeated with the step inside it, which a replay would not ask for. */
  #refuseInside(attempt: Attempt, ref: string): Promise<never> {
    const outer = attempt.step.ref;
    const what = `Step "${ref}" is asked for inside step "${outer}". Ask for it before or after that step, in \`define\`.`;
    if (attempt.isOver) return this.refuse(what);
    const error = new MisuseError(what);
    attempt.misuse ??= error;
    return quietly(Promise.reject(error));
  }

  #stop(reason: Error): void {
    this.interruption ??= reason;
    this.#interrupt();
  }
}

const unsettled = () => new Promise<never>(() => undefined);

/** A workflow may look at an outcome later than it fails, or never; that must not end the process. */
export function quietly<T>(outcome: Promise<T>): Promise<T> {
  outcome.catch(() => undefined);
  return outcome;
}
