import { ActionState } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import type { RecordedError } from './errors.ts';
import { isEnded, type RecordedStep, type StepRecord } from './step.ts';
import type { Wait } from './suspension.ts';

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
    /** Claims since the run was last suspended: one more than the crashes. */
    claims: number;
    /** The version of the workflow that began it. */
    version: number;
    /** Why it is suspended. */
    waits?: Wait[];
    /** How many signals it got: changes of something that it waits for. */
    signals?: number;
    /** Whether its steps are exempt from retention, because it waits for long. */
    keepsSteps?: boolean;
    /** From when on its retention counts. */
    endedAt?: Date;
  };
  nExecutions?: { [ActionState.ERROR]?: number };
  cronActivity: { pending: boolean; lastActivity?: Date; nextActivity: Date };
}

/** What is known of a run after one pass over it. */
export interface Run {
  id: string;
  key: string;
  /** The workflow's ref, and the version of it that began the run. */
  workflow: string;
  version: number;
  argument: Record<string, unknown>;
  state: RunState;
  result: unknown;
  error: RecordedError | null;
  /** The steps with an outcome, in the order in which the workflow asked for them. */
  steps: RecordedStep[];
  /** Why an unfinished run is suspended. */
  waits: Wait[];
  startedAt: Date;
  endedAt: Date | null;
}

/** A run as its document and its steps tell it. */
export function toRun(document: RunDocument, steps: StepRecord[]): Run {
  const state = runState(document);
  return {
    id: document._id.toHexString(),
    key: document.filter.key,
    workflow: document.actionRef,
    version: document.bag.version,
    argument: document.argument,
    state,
    result: state === 'SUCCESS' ? document.result : null,
    error: state === 'ERROR' ? (document.result as RecordedError) : null,
    steps: steps.filter(isEnded).toSorted((a, b) => a.sequence - b.sequence),
    waits: (state === 'IN_PROGRESS' && document.bag.waits) || [],
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
