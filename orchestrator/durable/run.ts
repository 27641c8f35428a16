import { ActionState } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import type { RecordedError } from './errors.ts';
import type { RecordedStep } from './step.ts';
import type { Retrying } from './suspension.ts';

export type RunState = 'SUCCESS' | 'ERROR' | 'IN_PROGRESS';

/** A run's document, in Orbits' own schema; `bag` and `filter` hold what is ours. */
export interface RunDocument {
  _id: Types.ObjectId;
  __v: number;
  state: ActionState;
  stateUpdatedAt: Date;
  createdAt: Date;
  actionRef: string;
  argument: Record<string, unknown>;
  result: unknown;
  filter: { key: string } & Record<string, string>;
  bag: {
    /** Token of the orchestrator that holds the run. */
    holder?: string;
    /** Claims since the run was last put down in good order: one more than the crashes. */
    claims: number;
    /** A step that waits for its next attempt. */
    retrying?: Retrying;
  };
  nExecutions?: { [ActionState.ERROR]?: number };
  cronActivity: { pending: boolean; lastActivity?: Date; nextActivity: Date };
}

/** What is known of a run after one pass over it. */
export interface Run {
  id: string;
  key: string;
  argument: Record<string, unknown>;
  state: RunState;
  result: unknown;
  error: RecordedError | null;
  steps: RecordedStep[];
  startedAt: Date;
  endedAt: Date | null;
}

/** A run as its document and its steps tell it. */
export function toRun(document: RunDocument, steps: RecordedStep[]): Run {
  const state = runState(document);
  return {
    id: document._id.toHexString(),
    key: document.filter.key,
    argument: document.argument,
    state,
    result: state === 'SUCCESS' ? document.result : null,
    error: state === 'ERROR' ? (document.result as RecordedError) : null,
    steps: steps.toSorted((a, b) => a.sequence - b.sequence),
    startedAt: document.createdAt,
    endedAt: state === 'IN_PROGRESS' ? null : document.stateUpdatedAt,
  };
}

function runState({ state, nExecutions }: RunDocument): RunState {
  if (state < ActionState.SUCCESS) return 'IN_PROGRESS';
  // An Orbits worker closes what it ended a day later, and counts how it had ended.
  const failed =
    state === ActionState.ERROR || (state === ActionState.CLOSED && nExecutions?.[ActionState.ERROR]);
  return failed ? 'ERROR' : 'SUCCESS';
}
