import { randomUUID } from 'node:crypto';
import { Action, ActionState, type ActionApp } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import { DurableWorkflow, type PassOptions } from './durable-workflow.ts';
import { CrashLoopError, recordError, UnknownVersionError, type RecordedError } from './errors.ts';
import { RunStore, type Ending, type Lease, type OpenRun } from './run-store.ts';
import { toRun, type Run, type RunDocument } from './run.ts';
import { forgetFailure, loadSteps } from './step-store.ts';
import type { AskedStep, RecordedStep, StepRecord } from './step.ts';
import { Suspension, type TimeLimit } from './suspension.ts';
import { workflowRefs } from './app.ts';

/** How often a run is claimed in a row without being suspended or ending. */
const MAX_CLAIMS = 10;

/** Gets what happens to runs. */
export interface RunObserver {
  runClaimed(run: RunDocument, how: 'created' | 'taken-over'): void;
  /** A run whose key came again: it was left as it is. */
  runFound(run: RunDocument, how: 'held' | 'finished'): void;
  stepStarted(run: RunDocument, step: AskedStep): void;
  stepEnded(run: RunDocument, step: RecordedStep): void;
  runSuspended(run: RunDocument, suspension: Suspension): void;
  runEnded(run: Run): void;
}

/** A run to be started, or found where its key has been seen before. */
export interface RunRequest {
  key: string;
  workflow: DurableWorkflow;
  /** What the run can be searched by, in addition to its key. */
  filter?: Record<string, string>;
  /** Why the run is to do nothing, if it is not there yet; it ends at once with `{ skipped: REASON }` for its result. */
  skip?: string;
  /** Why the run waits before it does anything, if it does: it is suspended, and due at once. */
  queue?: string;
}

const QUEUE = 'queue';

/** Drives runs in this process, one pass each, and awaits them: nothing is left running when a call returns. */
export class Runner {
  readonly #app: ActionApp;
  readonly #store: RunStore;
  readonly #observer: RunObserver;
  readonly #time: TimeLimit;

  /** @param time what this process has left: no lease outlives it, and nothing is begun that it can't hold */
  constructor(app: ActionApp, observer: RunObserver, time: TimeLimit) {
    this.#app = app;
    this.#store = new RunStore(app);
    this.#observer = observer;
    this.#time = time;
  }

  /** Whether the time left holds another step. */
  get hasTime(): boolean {
    return this.#time.remainingMs() >= this.#time.stepMs;
  }

  /** Starts or resumes the run of a key, or answers its outcome. */
  async run(request: RunRequest): Promise<Run> {
    const claim = await this.#store.claim(request.workflow, request.key, request.filter ?? {}, this.#lease());
    if (claim.outcome === 'held' || claim.outcome === 'finished') {
      this.#observer.runFound(claim.document, claim.outcome);
      return this.#read(claim.document);
    }
    if (claim.outcome === 'created' && request.skip !== undefined) {
      const result = { skipped: request.skip };
      return this.#finish(claim.document, { state: ActionState.SUCCESS, result, leavesOpen: false }, []);
    }
    const isNew = claim.outcome === 'created' || claim.document.bag.waits?.[0]?.ref === QUEUE;
    if (isNew && request.queue !== undefined) return this.#queue(claim.document, request.queue);
    return this.#advance(claim.document, claim.outcome);
  }

  /** The unfinished runs, oldest first; where there are more than the limit, those that are due first. */
  findOpen(limit: number): Promise<OpenRun[]> {
    return this.#store.findOpen(workflowRefs(this.#app), limit);
  }

  /** Resumes an unfinished run; undefined if another orchestrator was faster. */
  async resume(run: Types.ObjectId): Promise<Run | undefined> {
    const document = await this.#store.takeOver(run, this.#lease());
    return document && this.#advance(document, 'taken-over');
  }

  /**
   * Resumes a failed run from the step that failed; undefined if the run has not failed, or undid its steps.
   */
  async retry(run: Types.ObjectId): Promise<Run | undefined> {
    const document = await this.#store.reopen(run, this.#lease());
    if (!document) return undefined;
    // If the process crashes before this, the next pass finds the failure in the history, and the run fails again.
    await forgetFailure(this.#app, run, document.result as RecordedError);
    return this.#advance(document, 'taken-over');
  }

  async #advance(document: RunDocument, how: 'created' | 'taken-over'): Promise<Run> {
    this.#observer.runClaimed(document, how);
    const { claims } = document.bag;
    if (claims > MAX_CLAIMS) return this.#fail(document, new CrashLoopError(claims - 1));
    try {
      return await this.#pass(document, how === 'created');
    } catch (error) {
      // Where the store is away this fails too, and the lease ends by itself.
      await this.#store.release(document).catch(() => undefined);
      throw error;
    }
  }

  async #pass(document: RunDocument, isNew: boolean): Promise<Run> {
    const recorded = isNew ? [] : await loadSteps(this.#app, document._id);
    let workflow: DurableWorkflow;
    try {
      workflow = await this.#workflowOf(document);
    } catch (error) {
      if (error instanceof UnknownVersionError) return this.#fail(document, error, recorded);
      throw error;
    }
    await workflow.initialization();
    try {
      const state = await workflow.advance(this.#passOptions(document, recorded));
      const { result, leavesOpen, history } = workflow;
      return await this.#finish(document, { state, result, leavesOpen }, history);
    } catch (error) {
      if (!(error instanceof Suspension)) throw error;
      return this.#suspend(document, error, workflow.history);
    }
  }

  #queue(document: RunDocument, reason: string): Promise<Run> {
    const step = document._id.toHexString();
    const wait = { step, ref: QUEUE, reason, due: new Date(), attempts: 0 };
    return this.#suspend(document, new Suspension(wait), []);
  }

  async #suspend(document: RunDocument, suspension: Suspension, steps: RecordedStep[]): Promise<Run> {
    if (await this.#store.suspend(document, suspension)) {
      this.#observer.runSuspended(document, suspension);
      const { waits } = suspension;
      return toRun({ ...document, bag: { ...document.bag, waits } }, steps);
    }
    const current = await this.#store.read(document._id);
    const isOurs = current.bag.holder === document.bag.holder && current.__v === document.__v;
    return isOurs ? this.#pass(current, false) : this.#read(current);
  }

  #passOptions(document: RunDocument, recorded: StepRecord[]): PassOptions {
    const waits = document.bag.waits ?? [];
    return {
      recorded,
      time: this.#time,
      attempts: new Map(waits.map(({ step, attempts }) => [step, attempts])),
      observer: {
        stepStarted: (step) => this.#observer.stepStarted(document, step),
        stepEnded: (step) => this.#observer.stepEnded(document, step),
      },
    };
  }

  #fail(document: RunDocument, error: Error, steps: StepRecord[] = []): Promise<Run> {
    const ending = { state: ActionState.ERROR, result: recordError(error), leavesOpen: true };
    return this.#finish(document, ending, steps);
  }

  async #finish(document: RunDocument, ending: Omit<Ending, 'endedAt'>, steps: StepRecord[]): Promise<Run> {
    const endedAt = new Date();
    if (!(await this.#store.finish(document, { ...ending, endedAt }))) {
      // The lease was lost: another orchestrator advances the run, and its record is reported as it is.
      return this.#read(await this.#store.read(document._id));
    }
    const run = toRun({ ...document, ...ending, stateUpdatedAt: endedAt }, steps);
    this.#observer.runEnded(run);
    return run;
  }

  async #read(document: RunDocument): Promise<Run> {
    return toRun(document, await loadSteps(this.#app, document._id));
  }

  async #workflowOf(document: RunDocument): Promise<DurableWorkflow> {
    const action = await Action.constructFromDb(this.#app.ActionModel.hydrate(document));
    if (action instanceof DurableWorkflow) return action.ofVersion(document.bag.version);
    throw new Error(
      `Action ${document._id.toHexString()} (${document.actionRef}) is not a durable workflow.`,
    );
  }

  #lease(): Lease {
    return { token: randomUUID(), until: new Date(Date.now() + this.#time.remainingMs()) };
  }
}
