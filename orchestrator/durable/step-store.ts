import { ActionState, type ActionApp } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import type { DurableAction } from './durable-action.ts';
import type { RecordedError } from './errors.ts';
import { hasCode } from './mongo-errors.ts';
import {
  endingUpdate,
  fromDocument,
  isEnded,
  toDocument,
  type OpenStep,
  type RecordedStep,
  type StepDocument,
  type StepRecord,
} from './step.ts';

const DUPLICATE_KEY = 11_000;

/** All that is recorded of a run, in one query. */
export async function loadSteps(app: ActionApp, run: Types.ObjectId): Promise<StepRecord[]> {
  const documents = await collection(app).find({ workflowId: run.toHexString() }).toArray();
  return documents.map(fromDocument);
}

/**
 * Forgets the failure that ended a run: the last one, if nothing was recorded after it, or if it is the run's own
 * error. Any other one the workflow had dealt with. What succeeded stays.
 */
export async function forgetFailure(
  app: ActionApp,
  run: Types.ObjectId,
  { name, message }: RecordedError,
): Promise<void> {
  const steps = (await loadSteps(app, run)).filter(isEnded).sort((a, b) => b.ordinal - a.ordinal);
  const failed = steps.find(({ outcome }) => outcome.state === 'ERROR');
  if (failed?.outcome.state !== 'ERROR') return;
  const { error } = failed.outcome;
  const isCause = error.name === name && error.message === message;
  if (failed === steps[0] || isCause) await collection(app).deleteOne({ _id: failed.id });
}

/**
 * The steps of one run. A step is written under its derived `_id`, so that a second writer collides, and is given what
 * stands. That is the fence: an orchestrator that lost the run can't change what its successor has recorded.
 */
export class StepStore {
  readonly #run: DurableAction['dbDoc'];
  readonly #steps: mongo.Collection<StepDocument>;

  constructor(app: ActionApp, run: DurableAction['dbDoc']) {
    this.#run = run;
    this.#steps = collection(app);
  }

  /** Writes a step with its outcome. */
  async record(action: DurableAction, step: RecordedStep, isOpen: boolean): Promise<RecordedStep> {
    if (isOpen) {
      const open = { _id: step.id, state: ActionState.IN_PROGRESS };
      const document = await this.#steps.findOneAndUpdate(open, endingUpdate(step), {
        returnDocument: 'after',
      });
      return ended(document ? fromDocument(document) : await this.#read(step.id));
    }
    return ended(await this.#insert(action, step));
  }

  /** Writes a step before it has an outcome. */
  open(action: DurableAction, step: OpenStep): Promise<StepRecord> {
    return this.#insert(action, step);
  }

  /** Writes that the action of an open step has begun something to be watched. */
  async watch(action: DurableAction, step: OpenStep): Promise<StepRecord> {
    const { bag } = toDocument(this.#run, action, step);
    await this.#steps.updateOne(
      { _id: step.id, state: ActionState.IN_PROGRESS, 'bag.isWatched': false },
      { $set: { bag } },
    );
    return this.#read(step.id);
  }

  async #insert(action: DurableAction, step: StepRecord): Promise<StepRecord> {
    try {
      await this.#steps.insertOne(toDocument(this.#run, action, step));
      return step;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return this.#read(step.id);
    }
  }

  async #read(_id: Types.ObjectId): Promise<StepRecord> {
    const standing = await this.#steps.findOne({ _id });
    if (!standing)
      throw new Error(`Step ${_id.toHexString()} vanished from the store while its run was advanced.`);
    return fromDocument(standing);
  }
}

function ended(step: StepRecord): RecordedStep {
  if (isEnded(step)) return step;
  throw new Error(`Step "${step.ref}" is still open in the store after its outcome was recorded.`);
}

export function isDuplicateKey(error: unknown): boolean {
  return hasCode(error, DUPLICATE_KEY);
}

function collection(app: ActionApp): mongo.Collection<StepDocument> {
  return app.ActionModel.collection as unknown as mongo.Collection<StepDocument>;
}
