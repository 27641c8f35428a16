import type { ActionApp } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import type { DurableAction } from './durable-action.ts';
import { hasCode } from './mongo-errors.ts';
import { fromDocument, toDocument, type RecordedStep, type StepDocument } from './step.ts';

const DUPLICATE_KEY = 11_000;

/** All that is recorded of a run, in one query. */
export async function loadSteps(app: ActionApp, run: Types.ObjectId): Promise<RecordedStep[]> {
  const documents = await steps(app).find({ workflowId: run.toHexString() }).toArray();
  return documents.map(fromDocument);
}

/**
 * Writes a step with its outcome, once: its `_id` is derived, so a second writer collides, and is given the outcome
 * that stands. That is the fence: whoever lost the run can't change what its successor has recorded.
 */
export async function insertStep(
  app: ActionApp,
  run: DurableAction['dbDoc'],
  action: DurableAction,
  step: RecordedStep,
): Promise<RecordedStep> {
  try {
    await steps(app).insertOne(toDocument(run, action, step));
    return step;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const standing = await steps(app).findOne({ _id: step.id });
    if (!standing) throw error;
    return fromDocument(standing);
  }
}

export function isDuplicateKey(error: unknown): boolean {
  return hasCode(error, DUPLICATE_KEY);
}

function steps(app: ActionApp): mongo.Collection<StepDocument> {
  return app.ActionModel.collection as unknown as mongo.Collection<StepDocument>;
}
