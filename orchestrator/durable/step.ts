import { ActionState } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import type { DurableAction } from './durable-action.ts';
import type { RecordedError } from './errors.ts';

/** How a step ended. */
export type Outcome = { state: 'SUCCESS'; result: unknown } | { state: 'ERROR'; error: RecordedError };

/** A step whose outcome is known. */
export interface RecordedStep {
  id: Types.ObjectId;
  ref: string;
  /** The `permanentRef` of its action. */
  action: string;
  argument: unknown;
  /** Its place in the order in which the workflow asked for steps, from 0. */
  sequence: number;
  /** Its place in the order in which outcomes were recorded, from 0; a replay delivers them in this order. */
  ordinal: number;
  attempts: number;
  startedAt: Date;
  endedAt: Date;
  outcome: Outcome;
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
  bag: { attempts: number; ordinal: number };
  workflowStep: number;
  workflowStack: { stepName: string }[];
}

/** Orbits' workers leave a document alone until this day; Orbits itself uses it so. */
export const NEVER = new Date(Date.UTC(4022, 1, 1));

/** The document of a step that has ended, as Orbits' schema has it. */
export function toDocument(
  run: DurableAction['dbDoc'],
  action: DurableAction,
  step: RecordedStep,
): StepDocument {
  const blank = action.dbDoc.toObject<Record<string, unknown>>();
  const { outcome } = step;
  return {
    ...blank,
    _id: step.id,
    actionRef: step.action,
    argument: step.argument,
    state: ActionState[outcome.state],
    result: outcome.state === 'SUCCESS' ? outcome.result : outcome.error,
    bag: { attempts: step.attempts, ordinal: step.ordinal },
    filter: run.filter,
    workflowId: run._id.toHexString(),
    workflowStep: step.sequence,
    workflowStack: [
      ...run.workflowStack.map(({ ref, stepIndex, stepName, _id }) => ({ ref, stepIndex, stepName, _id })),
      { ref: run.actionRef, _id: run._id.toHexString(), stepIndex: step.sequence, stepName: step.ref },
    ],
    cronActivity: { ...(blank['cronActivity'] as object), pending: false, nextActivity: NEVER },
    createdAt: step.startedAt,
    updatedAt: step.endedAt,
    stateUpdatedAt: step.endedAt,
    __v: 0,
  } as StepDocument;
}

export function fromDocument(document: StepDocument): RecordedStep {
  const { result } = document;
  return {
    id: document._id,
    ref: document.workflowStack.at(-1)?.stepName ?? '',
    action: document.actionRef,
    argument: document.argument,
    sequence: document.workflowStep,
    ordinal: document.bag.ordinal,
    attempts: document.bag.attempts,
    startedAt: document.createdAt,
    endedAt: document.stateUpdatedAt,
    outcome:
      document.state === ActionState.SUCCESS
        ? { state: 'SUCCESS', result }
        : { state: 'ERROR', error: result as RecordedError },
  };
}

/** A step in an error's text: `buy-stock#0 (action buy-stock, argument {...})`. */
export function describeStep(step: { ref: string; action: string; argument: unknown }): string {
  return `step "${step.ref}" (action "${step.action}", argument ${JSON.stringify(step.argument)})`;
}
