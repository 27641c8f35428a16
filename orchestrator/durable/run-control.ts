import { ActionState, type ActionApp } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import { workflowRefs } from './app.ts';
import { RunCancelledError, recordError } from './errors.ts';
import { stepId } from './ids.ts';
import { isFree } from './run-store.ts';
import { toRun, type Run, type RunDocument, type RunState } from './run.ts';
import { loadSteps } from './step-store.ts';
import { NEVER, type StepDocument } from './step.ts';

/** What became of an answer. Only one that is `taken` changed anything. */
export type AnswerOutcome =
  | { outcome: 'taken' | 'timed-out' | 'not-waiting' }
  /** There was an answer before: this one. */
  | { outcome: 'answered'; value: unknown };

/** What became of a cancellation. Only `cancelled` changed anything. */
export type CancelOutcome = 'cancelled' | 'ended' | 'held' | 'uncertain';

export interface RunQuery {
  state?: RunState | undefined;
  /** Members of the run's filter. */
  filter?: Record<string, string>;
  /** Started at this time or later. */
  from?: Date | undefined;
  /** Started before this time. */
  to?: Date | undefined;
  limit: number;
  /** The last run of the page before. */
  after?: { startedAt: Date; id: Types.ObjectId } | undefined;
}

const UNFINISHED = { $lt: ActionState.SUCCESS };
const statesOf = (state: RunState) =>
  ({ SUCCESS: ActionState.SUCCESS, ERROR: ActionState.ERROR, IN_PROGRESS: UNFINISHED })[state];

/** What is asked of runs, and done to them, from outside. */
export class RunControl {
  readonly #app: ActionApp;
  readonly #actions: mongo.Collection<RunDocument>;

  constructor(app: ActionApp) {
    this.#app = app;
    this.#actions = app.ActionModel.collection as unknown as mongo.Collection<RunDocument>;
  }

  async find(_id: Types.ObjectId): Promise<Run | undefined> {
    const document = await this.#actions.findOne({ _id, actionRef: { $in: workflowRefs(this.#app) } });
    return document ? toRun(document, await loadSteps(this.#app, _id)) : undefined;
  }

  /** The newest first, without their steps. */
  async list({ state, filter = {}, from, to, limit, after }: RunQuery): Promise<Run[]> {
    const started = { ...(from && { $gte: from }), ...(to && { $lt: to }) };
    const documents = await this.#actions
      .find({
        actionRef: { $in: workflowRefs(this.#app) },
        ...(state && { state: statesOf(state) }),
        ...Object.fromEntries(Object.entries(filter).map(([name, value]) => [`filter.${name}`, value])),
        ...((from ?? to) && { createdAt: started }),
        ...(after && {
          $or: [
            { createdAt: { $lt: after.startedAt } },
            { createdAt: after.startedAt, _id: { $lt: after.id } },
          ],
        }),
      })
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit)
      .toArray();
    return documents.map((document) => toRun(document, []));
  }

  /** Answers a step that waits for it (`waitFor`), once; the run is due at once. */
  async answer(run: Types.ObjectId, ref: string, value: unknown): Promise<AnswerOutcome> {
    const _id = stepId(run, ref, 0);
    const now = new Date().toISOString();
    const { matchedCount } = await this.#steps.updateOne(
      { _id, state: ActionState.IN_PROGRESS, 'bag.answer': { $exists: false }, 'bag.due': { $gt: now } },
      { $set: { 'bag.answer': { value } } },
    );
    if (matchedCount === 0) return this.#whyNotTaken(run, _id);
    await this.#signal(run);
    return { outcome: 'taken' };
  }

  /**
   * Ends a run that waits or sleeps. A run that is held is left alone, and so is one that retries a step, or whose
   * holder died: there, it is not certain what its last step has done.
   */
  async cancel(_id: Types.ObjectId, reason: string): Promise<CancelOutcome> {
    const now = new Date();
    const idle = {
      state: ActionState.SLEEPING,
      'bag.waits.0': { $exists: true },
      'bag.waits.attempts': { $not: { $gt: 0 } },
    };
    const { matchedCount } = await this.#actions.updateOne(
      { ...isFree(now), _id, ...idle },
      {
        $set: {
          state: ActionState.ERROR,
          result: recordError(new RunCancelledError(reason)),
          stateUpdatedAt: now,
          updatedAt: now,
          'bag.endedAt': now,
          'cronActivity.nextActivity': NEVER,
        },
        $inc: { __v: 1 },
      },
    );
    if (matchedCount === 1) {
      await this.#actions.updateMany({ workflowId: _id.toHexString() }, { $set: { 'bag.endedAt': now } });
      return 'cancelled';
    }
    const document = await this.#actions.findOne({ _id });
    if (!document || document.state >= ActionState.SUCCESS) return 'ended';
    const isHeld = (await this.#actions.countDocuments({ ...isFree(now), _id })) === 0;
    return isHeld ? 'held' : 'uncertain';
  }

  /** Makes an unfinished run due, also one whose pass is about to put it down for later. */
  async #signal(run: Types.ObjectId): Promise<void> {
    await this.#actions.updateOne(
      { _id: run, state: UNFINISHED },
      { $set: { 'cronActivity.nextActivity': new Date() }, $inc: { 'bag.signals': 1 } },
    );
  }

  async #whyNotTaken(run: Types.ObjectId, step: Types.ObjectId): Promise<AnswerOutcome> {
    const asked = await this.#steps.findOne({ _id: step });
    if (!asked) return { outcome: 'not-waiting' };
    const answer = asked.bag['answer'] as { value: unknown } | undefined;
    if (!answer) return { outcome: 'timed-out' };
    // The process that took the answer may have crashed before it made the run due.
    await this.#signal(run);
    return { outcome: 'answered', value: answer.value };
  }

  get #steps(): mongo.Collection<StepDocument> {
    return this.#actions as unknown as mongo.Collection<StepDocument>;
  }
}
