import type { ActionApp } from '@wbce/orbits-core';
import type { Types } from 'mongoose';
import type { Ending } from './changes.ts';
import { systemClock } from './clock.ts';
import { collectionsOf, runStoreOf } from './collections.ts';
import { LeaseLostError } from './errors.ts';
import { Journal } from './journal.ts';
import type { ReplayOptions } from './replay.ts';
import { noTimeLimit } from './suspension.ts';

/** A workflow, as far as a pass needs it. */
interface WorkerWorkflow {
  _id: Types.ObjectId;
  app: ActionApp;
  bag: object;
  ofVersion(version: number): { advance(options: ReplayOptions): Promise<Ending> };
}

/** Ends a worker's pass: whether the run may start is for an orchestrator to decide. */
class NotStartedError extends Error {
  override readonly name = 'NotStartedError';
}

/**
 * One pass of a workflow that an Orbits worker has locked.
 *
 * The worker saves the whole document after it, so that the document must be as the pass has left it.
 */
export async function passOfWorker(workflow: WorkerWorkflow): Promise<Ending> {
  const clock = systemClock;
  const store = runStoreOf(collectionsOf(workflow.app), clock);
  const document = await store.holdFor(workflow._id, clock.token());
  if (!document) throw new LeaseLostError(`Run ${workflow._id.toHexString()} has ended.`);
  if (document.bag.start) throw new NotStartedError(`Run ${workflow._id.toHexString()} has not started.`);
  const version = workflow.ofVersion(document.bag.version);
  const journal = new Journal(document, store, clock);
  try {
    const history = await store.history(document);
    return await version.advance({ history, journal, time: noTimeLimit, clock });
  } finally {
    await journal.flush().catch(() => undefined);
    workflow.bag = (await store.read(workflow._id)).bag;
  }
}
