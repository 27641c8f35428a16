import { backendOf, runStoreOf } from './backend.ts';
import { systemClock } from './clock.ts';
import type { DurableWorkflow } from './durable-workflow.ts';
import { LeaseLostError } from './errors.ts';
import { Journal } from './journal.ts';
import type { Ending } from './run-store.ts';
import { noTimeLimit } from './suspension.ts';

/** Ends a worker's pass: whether the run may start is for an orchestrator to decide. */
class NotStartedError extends Error {
  override readonly name = 'NotStartedError';
}

/**
 * One pass of a workflow that an Orbits worker has locked.
 *
 * The worker saves the whole document after it, so that the document must be as the pass has left it.
 */
export async function passOfWorker(workflow: DurableWorkflow): Promise<Ending> {
  const clock = systemClock;
  const store = runStoreOf(backendOf(workflow.app), clock);
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
    workflow.bag = (await store.read(workflow._id)).bag as unknown as typeof workflow.bag;
  }
}
