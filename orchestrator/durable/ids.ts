import { createHash } from 'node:crypto';
import { Types } from 'mongoose';

/** A run's `_id`: the first 12 bytes of the SHA-256 of its key, so that the same trigger finds the same run. */
export function runId(key: string): Types.ObjectId {
  return derivedId(key);
}

/** A step's `_id`, and its callee's idempotency key: derived from its run, its ref and how often the ref was used before. */
export function stepId(run: Types.ObjectId, ref: string, occurrence: number): Types.ObjectId {
  return derivedId(JSON.stringify([run.toHexString(), ref, occurrence]));
}

/** The `_id` of a page of a run's history: from where it ends, and how often its run was retried before. */
export function pageId(run: Types.ObjectId, retries: number, end: number): Types.ObjectId {
  return derivedId(JSON.stringify([run.toHexString(), 'page', retries, end]));
}

function derivedId(text: string): Types.ObjectId {
  return new Types.ObjectId(createHash('sha256').update(text).digest().subarray(0, 12));
}
