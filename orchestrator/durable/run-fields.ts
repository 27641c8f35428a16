import { ActionState } from '@wbce/orbits-core';
import { mongo } from 'mongoose';
import { RUN_ARGUMENT_BYTES, tooLarge, toJson } from './json.ts';
import type { RunDocument, StartPolicy } from './run-document.ts';

/** Orbits' workers take a lock for abandoned when its `lastActivity` is this old; fixed in Orbits 0.0.43. */
export const ORBITS_LOCK_MS = 10 * 60 * 1000;

/** Orbits' workers leave a document alone until this day; Orbits itself uses it so. */
export const NEVER = new Date(Date.UTC(4022, 1, 1));

// A paused run (PAUSED) is left alone: that is how a person stops a run.
export const UNFINISHED = [ActionState.SLEEPING, ActionState.EXECUTING_MAIN, ActionState.IN_PROGRESS];

export function isAbandoned({ lastActivity }: RunDocument['cronActivity'], now: Date): boolean {
  return lastActivity !== undefined && lastActivity.getTime() < now.getTime() - ORBITS_LOCK_MS;
}

/** A run that is unfinished and not held. */
export function isFree(now: Date) {
  return {
    state: { $in: UNFINISHED },
    $or: [
      { 'cronActivity.pending': false },
      { 'cronActivity.lastActivity': { $lt: new Date(now.getTime() - ORBITS_LOCK_MS) } },
    ],
  };
}

/** A workflow whose run is not on record yet. */
export interface NewWorkflow {
  /** Its version. */
  version: number;
  dbDoc: { toObject<Fields>(): Fields };
}

/** The fields of a new run that claiming it does not set, with Orbits' own defaults. */
export function blankRun(
  { version, dbDoc }: NewWorkflow,
  filter: RunDocument['filter'],
  start: StartPolicy | undefined,
  now: Date,
) {
  const { _id, state, bag, cronActivity, __v, ...fields } = dbDoc.toObject<Record<string, unknown>>();
  void [_id, state, bag, __v];
  const { frequency } = cronActivity as { frequency: number };
  const bytes = mongo.BSON.calculateObjectSize({ argument: toJson(fields['argument'], RUN_ARGUMENT_BYTES) });
  if (bytes > RUN_ARGUMENT_BYTES) throw tooLarge(`an argument of ${bytes} bytes of BSON`, RUN_ARGUMENT_BYTES);
  return {
    ...fields,
    filter,
    createdAt: now,
    'bag.version': version,
    'bag.steps': [],
    'bag.recorded': 0,
    ...(start && { 'bag.start': start }),
    'cronActivity.frequency': frequency,
  };
}
