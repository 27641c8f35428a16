import { ActionState } from '@wbce/orbits-core';
import type { mongo } from 'mongoose';
import type { RunDocument } from './run-document.ts';
import { ORBITS_LOCK_MS } from './run-fields.ts';

/** The right to advance a run, and until when at most. */
export interface Lease {
  token: string;
  until: Date;
}

/** A run as it was found when it was asked for. Only a claimed one may be advanced. */
export interface Claim {
  outcome: 'created' | 'taken-over' | 'held' | 'finished';
  document: RunDocument;
}

/**
 * The update by which a lease is taken.
 *
 * It is kept in the fields by which Orbits' workers lock an action, so that either side leaves alone what the other one
 * holds: it has ended when `lastActivity` is ten minutes old. A shorter lease is written with a `lastActivity` in the
 * past.
 */
export function takeLease(lease: Lease, now: Date) {
  return {
    $set: {
      state: ActionState.EXECUTING_MAIN,
      stateUpdatedAt: now,
      updatedAt: now,
      'cronActivity.pending': true,
      'cronActivity.lastActivity': new Date(lease.until.getTime() - ORBITS_LOCK_MS),
      'cronActivity.nextActivity': now,
      'bag.holder': lease.token,
    },
    $inc: { __v: 1, 'bag.claims': 1 },
  };
}

/** The run as its holder knows it. It matches nothing once another orchestrator has claimed it. */
export function held(run: RunDocument): mongo.Filter<RunDocument> {
  return { _id: run._id, 'bag.holder': run.bag.holder!, 'bag.recorded': run.bag.recorded };
}

/** Of a lease that is given back after a pass that did not crash. */
export function givenBack(now: Date) {
  return {
    stateUpdatedAt: now,
    updatedAt: now,
    'cronActivity.pending': false,
    'bag.claims': 0,
  };
}
