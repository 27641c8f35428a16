import { ActionState, type ActionApp } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import { stepId } from './ids.ts';
import type { RunDocument } from './run.ts';
import type { StepDocument } from './step.ts';

/** What became of an answer. Only one that is `taken` changed anything. */
export type AnswerOutcome = 'taken' | 'answered' | 'timed-out' | 'not-waiting' | 'unknown';

/** What is done to runs from outside. */
export class RunControl {
  readonly #actions: mongo.Collection<RunDocument & StepDocument>;

  constructor(app: ActionApp) {
    this.#actions = app.ActionModel.collection as unknown as mongo.Collection<RunDocument & StepDocument>;
  }

  /** Answers a step that waits for it (`waitFor`), once; the run is due at once. */
  async answer(run: Types.ObjectId, ref: string, value: unknown): Promise<AnswerOutcome> {
    const _id = stepId(run, ref, 0);
    const now = new Date().toISOString();
    const { matchedCount } = await this.#actions.updateOne(
      { _id, state: ActionState.IN_PROGRESS, 'bag.answer': { $exists: false }, 'bag.due': { $gt: now } },
      { $set: { 'bag.answer': { value } } },
    );
    if (matchedCount === 0) return this.#whyNotTaken(run, _id);
    await this.signal(run);
    return 'taken';
  }

  /** Makes an unfinished run due, also one whose pass is about to put it down for later. */
  async signal(run: Types.ObjectId): Promise<void> {
    await this.#actions.updateOne(
      { _id: run, state: { $lt: ActionState.SUCCESS } },
      { $set: { 'cronActivity.nextActivity': new Date() }, $inc: { 'bag.signals': 1 } },
    );
  }

  async #whyNotTaken(run: Types.ObjectId, step: Types.ObjectId): Promise<AnswerOutcome> {
    const found = await this.#actions.find({ _id: { $in: [run, step] } }).toArray();
    const asked = found.find(({ _id }) => _id.equals(step));
    if (asked?.bag['answer']) {
      // Whoever took the answer may have died before the run was told.
      await this.signal(run);
      return 'answered';
    }
    if (asked) return 'timed-out';
    return found.length > 0 ? 'not-waiting' : 'unknown';
  }
}
