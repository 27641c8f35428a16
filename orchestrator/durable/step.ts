import { ActionState } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import type { DurableAction } from './durable-action.ts';
import type { RecordedError } from './errors.ts';
import { toJson } from './json.ts';

/** How a step ended. */
export type Outcome = { state: 'SUCCESS'; result: unknown } | { state: 'ERROR'; error: RecordedError };

/** What a workflow asks for, whatever comes of it. */
interface Step {
  id: Types.ObjectId;
  ref: string;
  /** The `permanentRef` of its action. */
  action: string;
  argument: unknown;
  /** Its place in the order in which the workflow asked for steps, from 0. */
  sequence: number;
}

/** A step that a workflow asks for. */
export interface AskedStep extends Step {
  idempotencyKey: string;
}

/** A step that is recorded before it has an outcome. */
export interface OpenStep extends Step {
  startedAt: Date;
  /** What its action's `watcher` needs to know, and the signal that it got. */
  bag: Record<string, unknown>;
  /** Whether its action's `main` is done, and `watcher` reports the outcome. */
  isWatched: boolean;
}

/** A step whose outcome is known. */
export interface EndedStep extends Step {
  attempts: number;
  startedAt: Date;
  endedAt: Date;
  outcome: Outcome;
}

/** A step whose outcome is recorded. */
export interface RecordedStep extends EndedStep {
  /** Its place in the order in which outcomes were recorded, from 0; a replay delivers them in this order. */
  ordinal: number;
}

/** A step as the store has it. */
export type StepRecord = RecordedStep | OpenStep;

export function isEnded(step: StepRecord): step is RecordedStep {
  return 'outcome' in step;
}

/** A step's document, in Orbits' own schema, as it is read back. */
export interface StepDocument {
  _id: Types.ObjectId;
  state: ActionState;
  stateUpdatedAt: Date;
  createdAt: Date;
  actionRef: string;
  argument: unknown;
  result: unknown;
  bag: {
    attempts: number;
    ordinal: number;
    /** From when on its retention counts. Missing in a step of a run that waits for long. */
    endedAt?: Date;
    isWatched?: boolean;
    [detail: string]: unknown;
  };
  workflowStep: number;
  workflowStack: { stepName: string }[];
}

/** Orbits' workers leave a document alone until this day; Orbits itself uses it so. */
export const NEVER = new Date(Date.UTC(4022, 1, 1));

/** A step's document, as Orbits' schema has it. */
export function toDocument(
  run: DurableAction['dbDoc'],
  action: DurableAction,
  step: StepRecord,
): StepDocument {
  const blank = action.dbDoc.toObject<Record<string, unknown>>();
  return {
    ...blank,
    _id: step.id,
    actionRef: step.action,
    argument: step.argument,
    filter: run.filter,
    workflowId: run._id.toHexString(),
    workflowStep: step.sequence,
    workflowStack: [
      ...run.workflowStack.map(({ ref, stepIndex, stepName, _id }) => ({ ref, stepIndex, stepName, _id })),
      { ref: run.actionRef, _id: run._id.toHexString(), stepIndex: step.sequence, stepName: step.ref },
    ],
    cronActivity: { ...(blank['cronActivity'] as object), pending: false, nextActivity: NEVER },
    createdAt: step.startedAt,
    __v: 0,
    ...(isEnded(step) ? endedFields(step) : openFields(step)),
  } as unknown as StepDocument;
}

function openFields({ startedAt, bag, isWatched }: OpenStep) {
  return {
    state: ActionState.IN_PROGRESS,
    bag: { ...(toJson(bag) as object), isWatched },
    updatedAt: startedAt,
    stateUpdatedAt: startedAt,
  };
}

function endedFields({ outcome, attempts, ordinal, endedAt }: RecordedStep) {
  return {
    state: ActionState[outcome.state],
    result: outcome.state === 'SUCCESS' ? outcome.result : outcome.error,
    bag: { attempts, ordinal, endedAt },
    updatedAt: endedAt,
    stateUpdatedAt: endedAt,
  };
}

/** What ends the document of an open step; its bag stays as it is. */
export function endingUpdate(step: RecordedStep) {
  const { bag, ...fields } = endedFields(step);
  const { attempts, ordinal, endedAt } = bag;
  const bagFields = { 'bag.attempts': attempts, 'bag.ordinal': ordinal, 'bag.endedAt': endedAt };
  return { $set: { ...fields, ...bagFields } };
}

export function fromDocument(document: StepDocument): StepRecord {
  const { result, state, bag } = document;
  const step = {
    id: document._id,
    ref: document.workflowStack.at(-1)?.stepName ?? '',
    action: document.actionRef,
    argument: document.argument,
    sequence: document.workflowStep,
    startedAt: document.createdAt,
  };
  if (state < ActionState.SUCCESS) return { ...step, bag, isWatched: bag.isWatched ?? false };
  return {
    ...step,
    ordinal: bag.ordinal,
    attempts: bag.attempts,
    endedAt: document.stateUpdatedAt,
    outcome:
      state === ActionState.SUCCESS
        ? { state: 'SUCCESS', result }
        : { state: 'ERROR', error: result as RecordedError },
  };
}

/** A step in an error's text: `buy-stock#0 (action buy-stock, argument {...})`. */
export function describeStep(step: { ref: string; action: string; argument: unknown }): string {
  return `step "${step.ref}" (action "${step.action}", argument ${JSON.stringify(step.argument)})`;
}
