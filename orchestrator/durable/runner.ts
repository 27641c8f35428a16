import { ActionState } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import { hasTime } from './attempt.ts';
import type { Backend } from './backend.ts';
import { waitsOfBlocked } from './blocking.ts';
import { runStoreOf } from './collections.ts';
import { systemClock, type Clock } from './clock.ts';
import type { DurableWorkflow } from './durable-workflow.ts';
import {
  CrashLoopError,
  isBlocking,
  LeaseLostError,
  recordError,
  RecordTooLargeError,
  StaleRunError,
  StuckWorkflowError,
  UnknownWorkflowError,
} from './errors.ts';
import { cutBefore } from './history-cut.ts';
import { Journal, type Rest } from './journal.ts';
import { isTooLarge } from './mongo-errors.ts';
import type { RunDocument, StartPolicy } from './run-document.ts';
import { noChanges, type Ending } from './changes.ts';
import type { Claim, Lease } from './lease.ts';
import { OpenRuns, type OpenRun } from './open-runs.ts';
import type { RunObserver } from './run-observer.ts';
import type { RunStore } from './run-store.ts';
import { toRun, type Run } from './run.ts';
import { decideStart, noTimeToStart } from './start-policy.ts';
import type { AskedStep, RecordedStep } from './step.ts';
import { mergedWaits, Suspension, type TimeLimit, type Wait } from './suspension.ts';

/** How often a run is claimed in a row without any progress before it is tried less often. */
const MAX_CLAIMS = 10;

/** A run to be started, or found if its key has been seen before. */
export interface RunRequest {
  key: string;
  workflow: DurableWorkflow;
  /** What the run can be searched by, in addition to its key. Runs with the same `overlap` overlap while both are open. */
  filter?: Record<string, string>;
  /** Why and until when it does not start, if it is created by this request. */
  start?: StartPolicy;
  /** From then on it is too late to start it, also if another orchestrator does. */
  startBy?: Date;
}

/** Advances runs in this process, one pass each, and awaits them: nothing is left running when a call returns. */
export class Runner {
  readonly #backend: Backend;
  readonly #store: RunStore;
  readonly #open: OpenRuns;
  readonly #observer: RunObserver;
  readonly #time: TimeLimit;
  readonly #clock: Clock;

  /** @param time what this process has left: no lease outlives it, and nothing is started that it can't hold */
  constructor(backend: Backend, observer: RunObserver, time: TimeLimit, clock: Clock = systemClock) {
    this.#backend = backend;
    this.#store = runStoreOf(backend, clock);
    this.#open = new OpenRuns(backend.runs, clock);
    this.#observer = observer;
    this.#time = time;
    this.#clock = clock;
  }

  /** Whether the time left holds another step. */
  get hasTime(): boolean {
    return hasTime(this.#time);
  }

  /** One that leaves so much time to what comes after it, unless that is more than a step needs of the time left. */
  reserving(steps: number): Runner {
    const time = this.#time;
    const { stepMs } = time;
    const reservedMs = Math.max(0, Math.min(steps * stepMs, time.remainingMs() - stepMs));
    const reduced = { remainingMs: () => time.remainingMs() - reservedMs, stepMs };
    return new Runner(this.#backend, this.#observer, reduced, this.#clock);
  }

  /** Starts or resumes the run of a key, or answers its outcome. */
  async run(request: RunRequest): Promise<Run> {
    return this.advance(await this.claim(request));
  }

  /** Puts the run of a key on record, and holds it if it is unfinished and free. */
  async claim({ workflow, key, filter = {}, start, startBy }: RunRequest): Promise<Claim> {
    const policy = startBy ? { ...start, notAfter: startBy } : start;
    const claim = await this.#store.claim(workflow, key, filter, policy, this.#lease());
    if (claim.outcome === 'held' || claim.outcome === 'finished') {
      this.#observer.runFound(claim.document, claim.outcome);
    }
    return claim;
  }

  /**
   * One pass over a run that this process has claimed; a run that it has not is answered as it is.
   *
   * @param mayOverlap whether an earlier run with its overlap key may be open: the caller has looked after the claim
   */
  async advance({ outcome, document }: Claim, mayOverlap = true): Promise<Run> {
    if (outcome === 'held' || outcome === 'finished') return this.#read(document);
    try {
      if (outcome === 'created' && !document.bag.start && !this.hasTime) {
        return await this.#wait(document, noTimeToStart);
      }
      return await this.#advance(document, outcome, mayOverlap);
    } catch (error) {
      // If the store is away this fails too, and the lease ends by itself.
      await this.#store.release(document).catch(() => undefined);
      throw error;
    }
  }

  /** The runs that are due, those first that are due first, and other open ones with these overlap keys. */
  findOpen(overlapKeys: string[], limit: number): Promise<OpenRun[]> {
    return this.#open.findOpen(overlapKeys, limit);
  }

  /** Resumes an unfinished run; undefined if another orchestrator was faster. */
  async resume(run: Types.ObjectId): Promise<Run | undefined> {
    const document = await this.#store.takeOver(run, this.#lease());
    return document && this.advance({ outcome: 'taken-over', document });
  }

  /** Resumes a run that an Orbits worker of this process has locked; undefined if it has ended. */
  async advanceLocked(run: Types.ObjectId): Promise<Run | undefined> {
    const document = await this.#store.holdFor(run, this.#clock.token());
    return document && this.advance({ outcome: 'taken-over', document });
  }

  /**
   * Resumes a failed run from the step that failed it, or from another one. A run that no step failed goes on with all
   * that it has.
   *
   * @param from the ref of the step that is executed again, with all that was recorded after it
   * @returns undefined if the run has not failed, or undid its steps
   */
  async retry(run: Types.ObjectId, from?: string): Promise<Run | undefined> {
    const failed = await this.#store.read(run);
    const history = await this.#store.history(failed);
    const document = await this.#store.reopen(failed, cutBefore(failed, history, from), this.#lease());
    return document && this.advance({ outcome: 'taken-over', document });
  }

  async #advance(document: RunDocument, how: 'created' | 'taken-over', mayOverlap: boolean): Promise<Run> {
    this.#observer.runClaimed(document, how);
    const { claims } = document.bag;
    if (claims > MAX_CLAIMS && how === 'taken-over' && (claims - MAX_CLAIMS) % 2 === 1) {
      return this.#block(document, new CrashLoopError(claims - 1));
    }
    return this.#startOrPass(document, mayOverlap);
  }

  async #startOrPass(document: RunDocument, mayOverlap = true): Promise<Run> {
    // A person was answered that it ends: not that it waits, or is skipped.
    if (document.bag.cancelled) return this.#pass(document);
    const decision = await decideStart(document, {
      now: this.#clock.now(),
      hasTime: this.hasTime,
      findEarlier: async () => (mayOverlap ? this.#open.findEarlier(document) : undefined),
    });
    if (decision === 'start') return this.#pass(document);
    if ('waitFor' in decision) return this.#wait(document, decision);
    const skipped = { state: ActionState.SUCCESS as const, result: { skipped: decision.skip } };
    return this.#finish(document, [], nothingLeft, skipped);
  }

  async #wait(
    document: RunDocument,
    { waitFor: ref, reason }: { waitFor: string; reason: string },
  ): Promise<Run> {
    const due = new Date(this.#clock.now());
    const wait: Wait = { step: document._id.toHexString(), ref, reason, due, attempts: 0 };
    const suspension = new Suspension(wait);
    if (!(await this.#store.postpone(document, suspension))) return this.#reread(document);
    return this.#suspended(document, suspension, []);
  }

  async #pass(document: RunDocument): Promise<Run> {
    const onRecorded = (step: RecordedStep) => this.#observer.stepEnded(document, step);
    const journal = new Journal(document, this.#store, this.#clock, onRecorded);
    const pass: { workflow?: DurableWorkflow } = {};
    try {
      return await this.#onePass(document, journal, pass);
    } catch (error) {
      if (error instanceof LeaseLostError) return this.#reread(document);
      if (error instanceof StaleRunError) {
        const waits = mergedWaits(document.bag.waits, pass.workflow?.parked);
        return this.#reread(document, waits, journal.hasActed);
      }
      // The history of a workflow that is stuck is sound, unlike that of one that does not match it.
      if (error instanceof StuckWorkflowError) {
        await journal.flush();
        return await this.#block(document, error, false);
      }
      if (isBlocking(error)) return this.#block(document, error, journal.hasActed);
      if (isTooLarge(error)) return this.#block(document, new RecordTooLargeError(error), journal.hasActed);
      throw error;
    }
  }

  async #onePass(
    document: RunDocument,
    journal: Journal,
    pass: { workflow?: DurableWorkflow },
  ): Promise<Run> {
    const history = await this.#store.history(document);
    const spare = await this.#store.spare(document);
    const workflow = (pass.workflow = await this.#workflowOf(document));
    const observer = { stepStarted: (step: AskedStep) => this.#observer.stepStarted(document, step) };
    const options = { history, spare, journal, time: this.#time, clock: this.#clock, observer };
    const ending = await workflow.advance(options).catch(asSuspension);
    const rest = await journal.rest();
    if (ending instanceof Suspension) return this.#suspend(document, ending, workflow.history, rest);
    return this.#finish(document, workflow.history, rest, ending);
  }

  async #suspend(
    document: RunDocument,
    suspension: Suspension,
    history: RecordedStep[],
    { changes, written }: Rest,
  ): Promise<Run> {
    if (!(await this.#store.suspend(document, changes, suspension))) {
      // A signal changes what the run waits for, and not what was done and how often it was tried.
      const isDone = changes.ended.length + changes.opened.length > 0;
      if (isDone && !changes.ifNoSignal && (await this.#store.record(document, changes))) written();
      return this.#reread(document, suspension.waits);
    }
    written();
    return this.#suspended(document, suspension, history);
  }

  #suspended(document: RunDocument, suspension: Suspension, history: RecordedStep[]): Run {
    this.#observer.runSuspended(document, suspension);
    return toRun(sleeping(document), history);
  }

  /** @param hasActed whether something was begun of which there may be no record */
  async #block(document: RunDocument, error: Error, hasActed = true): Promise<Run> {
    const { due, waits } = waitsOfBlocked(document, error.message, this.#clock.now());
    // This pass has not crashed; one before it may have.
    if (!hasActed) document.bag.claims = Math.max(0, document.bag.claims - 1);
    if (!(await this.#store.block(document, due, waits, recordError(error)))) return this.#reread(document);
    this.#observer.runBlocked(document, error);
    return toRun(sleeping(document), await this.#store.history(document));
  }

  async #finish(
    document: RunDocument,
    history: RecordedStep[],
    { changes, written }: Rest,
    ending: Ending,
  ): Promise<Run> {
    if (!(await this.#store.finish(document, changes, ending))) return this.#reread(document);
    written();
    const run = toRun(document, history);
    this.#observer.runEnded(run);
    return run;
  }

  /** After a write that changed nothing: goes on if the run is still this process's own, or answers what stands. */
  async #reread(document: RunDocument, waits = document.bag.waits, hasActed = false): Promise<Run> {
    const standing = await this.#store.read(document._id);
    const isOurs = standing.state < ActionState.SUCCESS && standing.bag.holder === document.bag.holder;
    if (!isOurs) return this.#read(standing);
    Object.assign(document, standing);
    if (waits) document.bag.waits = waits;
    // What the pass has begun may have no record, as after a crash.
    if (hasActed) document.bag.claims = Math.max(2, document.bag.claims);
    return this.#startOrPass(document);
  }

  async #read(document: RunDocument): Promise<Run> {
    return toRun(document, await this.#store.history(document));
  }

  async #workflowOf(document: RunDocument): Promise<DurableWorkflow> {
    const { actionRef, bag } = document;
    const Workflow = this.#backend.workflows.get(actionRef);
    if (!Workflow) throw new UnknownWorkflowError(actionRef, bag.version, []);
    const current = new Workflow();
    // A workflow reads its document, and never saves it.
    current.dbDoc = document as unknown as typeof current.dbDoc;
    const workflow = current.ofVersion(bag.version);
    await workflow.initialization();
    return workflow;
  }

  #lease(): Lease {
    return { token: this.#clock.token(), until: new Date(this.#clock.now() + this.#time.remainingMs()) };
  }
}

function asSuspension(error: unknown): Suspension {
  if (error instanceof Suspension) return error;
  throw error;
}

const nothingLeft: Rest = { changes: noChanges, written: () => undefined };

const sleeping = (document: RunDocument) => ({ ...document, state: ActionState.SLEEPING });
