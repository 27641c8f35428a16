import { ActionState } from '@wbce/orbits-core';
import type { RecordedError } from './errors.ts';
import type { RunDocument } from './run-document.ts';
import type { RecordedStep } from './step.ts';
import type { Wait } from './suspension.ts';

export type RunState = 'SUCCESS' | 'ERROR' | 'IN_PROGRESS';

/** What is known of a run after one pass over it. */
export interface Run {
  id: string;
  key: string;
  /** The workflow's ref, and the version of it that started the run. */
  workflow: string;
  version: number;
  argument: Record<string, unknown>;
  state: RunState;
  result: unknown;
  error: RecordedError | null;
  /** Whether it failed, and undid its steps. */
  isUndone: boolean;
  /** The steps with an outcome, in the order in which the workflow asked for them. */
  steps: RecordedStep[];
  /** Why an unfinished run is suspended. */
  waits: Wait[];
  /** The operator's fault that keeps an unfinished run from going on. */
  blocked: { error: RecordedError; since: Date } | null;
  startedAt: Date;
  endedAt: Date | null;
}

/** A run from its document and its whole history. */
export function toRun(document: RunDocument, history: RecordedStep[]): Run {
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
    isUndone: document.bag.undone === true,
    steps: history.toSorted((a, b) => a.sequence - b.sequence),
    waits: (state === 'IN_PROGRESS' && document.bag.waits) || [],
    blocked: (state === 'IN_PROGRESS' && document.bag.blocked) || null,
    startedAt: document.createdAt,
    endedAt: state === 'IN_PROGRESS' ? null : document.stateUpdatedAt,
  };
}

export function runState({ state, nExecutions }: RunDocument): RunState {
  if (state < ActionState.SUCCESS) return 'IN_PROGRESS';
  // An Orbits worker closes what it ended a day later, and counts how it had ended.
  const failed =
    state === ActionState.ERROR || (state === ActionState.CLOSED && nExecutions?.[ActionState.ERROR]);
  return failed ? 'ERROR' : 'SUCCESS';
}
