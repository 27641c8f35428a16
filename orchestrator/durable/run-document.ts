import type { ActionState } from '@wbce/orbits-core';
import { Types } from 'mongoose';
import type { RecordedError } from './errors.ts';
import type { EndedStep, OpenStep, RecordedStep } from './step.ts';
import type { Wait } from './suspension.ts';

/** Why and until when a run that was created has not started. It is part of the atomic create. */
export interface StartPolicy {
  /** Why it does nothing at all: it ends with `{ skipped: REASON }`. */
  skip?: string;
  /** From then on it is too late to start. */
  notAfter?: Date;
  /** What happens while an earlier run with the same overlap key is open: it is skipped, or waits. */
  overlap?: 'skip' | 'queue';
}

/** A step with its outcome, as a run's document or a page has it. Values are JSON, as text: BSON would change some. */
export interface StoredStep {
  id: string;
  ref: string;
  action: string;
  argument: string;
  sequence: number;
  attempts: number;
  startedAt: Date;
  endedAt: Date;
  result?: string;
  error?: string;
}

export interface StoredOpenStep {
  ref: string;
  action: string;
  argument: string;
  sequence: number;
  startedAt: Date;
  isWatched: boolean;
  bag: string;
  due?: Date;
  isSpare?: boolean;
}

/** A value from outside for a step that waits for it, or that will. */
export interface StoredSignal {
  value: string;
  at: Date;
}

/** A page of a run's history, and how many outcomes the history has up to its end. */
export interface PageRef {
  id: Types.ObjectId;
  end: number;
}

/** A run, in Orbits' own schema: all that is known of it. `bag` and `filter` hold what is not Orbits'. */
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
    /** The version of the workflow that started it. */
    version: number;
    /** Token of the orchestrator that holds the run. */
    holder?: string;
    /** Claims since the run was last suspended or made progress, this pass included: one more than the crashes. */
    claims: number;
    /** Missing once the run has started. */
    start?: StartPolicy;
    /** The history since its last page, in the order of outcomes. */
    steps: StoredStep[];
    /** How many outcomes the whole history has. */
    recorded: number;
    /** The pages of the history, in order. */
    pages?: PageRef[];
    /** How often it was retried. */
    retries?: number;
    /** Steps without an outcome, by their ids in hexadecimal. */
    open?: Record<string, StoredOpenStep>;
    /** Pages with outcomes that a retry has cut off; one counts again when the workflow asks for its very step. */
    sparePages?: PageRef[];
    /** Why it is suspended. */
    waits?: Wait[];
    /** By the id of the step that waits for it, in hexadecimal. One is removed when the outcome of its step moves into a page. */
    signals?: Record<string, StoredSignal>;
    /** How many signals it got. */
    signalled?: number;
    /** A person's wish that it ends; a pass carries it out. */
    cancelled?: { reason: string; at: Date };
    /** The operator's fault that keeps it from going on. */
    blocked?: { error: RecordedError; since: Date };
    /** Whether it failed, and undid its steps. */
    undone?: true;
    /** The step whose failure ended it. */
    failedStep?: string;
    /** From when on its retention counts. */
    endedAt?: Date;
  };
  nExecutions?: { [state: number]: number | undefined };
  cronActivity: { pending: boolean; lastActivity?: Date; nextActivity: Date };
}

export function toStoredStep(step: EndedStep): StoredStep {
  const { id, ref, action, argument, sequence, attempts, startedAt, endedAt, outcome } = step;
  return {
    id: id.toHexString(),
    ref,
    action,
    argument: JSON.stringify(argument),
    sequence,
    attempts,
    startedAt,
    endedAt,
    ...(outcome.state === 'SUCCESS'
      ? { result: JSON.stringify(outcome.result) }
      : { error: JSON.stringify(outcome.error) }),
  };
}

export function fromStoredStep(stored: StoredStep, ordinal: number): RecordedStep {
  const { id, ref, action, argument, sequence, attempts, startedAt, endedAt, result, error } = stored;
  return {
    id: new Types.ObjectId(id),
    ref,
    action,
    argument: JSON.parse(argument),
    sequence,
    attempts,
    startedAt,
    endedAt,
    outcome:
      error === undefined
        ? { state: 'SUCCESS', result: JSON.parse(result ?? 'null') as unknown }
        : { state: 'ERROR', error: JSON.parse(error) as RecordedError },
    ordinal,
  };
}

export function toStoredOpen(step: OpenStep): StoredOpenStep {
  const { ref, action, argument, sequence, startedAt, isWatched, bag, due, isSpare } = step;
  return {
    ref,
    action,
    argument: JSON.stringify(argument),
    sequence,
    startedAt,
    isWatched,
    bag: JSON.stringify(bag),
    ...(due && { due }),
    ...(isSpare && { isSpare }),
  };
}

export function fromStoredOpen([id, stored]: [string, StoredOpenStep]): OpenStep {
  const { argument, bag, ...step } = stored;
  return {
    ...step,
    id: new Types.ObjectId(id),
    argument: JSON.parse(argument),
    bag: JSON.parse(bag) as Record<string, unknown>,
  };
}

/** The bytes that an outcome adds to a document, nearly: all but its texts is short. */
export function bytesOf({ ref, argument, result = '', error = '' }: StoredStep): number {
  return (
    200 + ref.length + Buffer.byteLength(argument) + Buffer.byteLength(result) + Buffer.byteLength(error)
  );
}
