import { ActionState, type ActionApp } from '@wbce/orbits-core';
import { Types, type mongo } from 'mongoose';
import type { DurableWorkflow } from './durable-workflow.ts';
import { runId } from './ids.ts';
import type { RunDocument } from './run.ts';
import { isDuplicateKey } from './step-store.ts';
import { NEVER } from './step.ts';
import type { Suspension } from './suspension.ts';

/** Orbits' workers take a lock for abandoned when its `lastActivity` is this old; fixed in Orbits 0.0.43. */
const ORBITS_LOCK_MS = 10 * 60 * 1000;

/** Steps of a run that waits for longer than this must outlive the retention, which counts from their own end. */
const LONG_WAIT_MS = 24 * 60 * 60 * 1000;

/** The right to advance a run, and until when at most. */
export interface Lease {
  token: string;
  until: Date;
}

/** An unfinished run, as far as one has to know it to decide what comes next. */
export interface OpenRun {
  id: Types.ObjectId;
  filter: Record<string, string>;
  startedAt: Date;
  /** Whether it is due and not held. */
  isReady: boolean;
}

type OpenDocument = Pick<RunDocument, '_id' | 'filter' | 'createdAt' | 'cronActivity'>;

/** How a run ends. */
export interface Ending {
  state: ActionState;
  result: unknown;
  endedAt: Date;
  /** Whether steps of it are open and are not looked at any more. */
  leavesOpen: boolean;
}

/** A run as it was found when it was asked for. Only a claimed one may be advanced. */
export interface Claim {
  outcome: 'created' | 'taken-over' | 'held' | 'finished';
  document: RunDocument;
}

/**
 * The runs, in Orbits' collection. The lease is kept in the very fields by which Orbits' workers lock an action, so
 * that either side leaves alone what the other one holds: it has ended when `lastActivity` is ten minutes old. A lease
 * shorter than that is written with a `lastActivity` in the past.
 */
export class RunStore {
  readonly #app: ActionApp;

  constructor(app: ActionApp) {
    this.#app = app;
  }

  /**
   * Creates the run of a key, or takes over the one that is there, in one atomic command.
   * A run that is finished, or that another orchestrator holds, makes the upsert collide; it is then read.
   */
  async claim(
    workflow: DurableWorkflow,
    key: string,
    filter: Record<string, string>,
    lease: Lease,
  ): Promise<Claim> {
    const _id = runId(key);
    const now = new Date();
    try {
      const found = await this.#runs.findOneAndUpdate(
        { _id, ...isFree(now) },
        { ...takeLease(lease, now), $setOnInsert: blankRun(workflow, { ...filter, key }, now) },
        { upsert: true, returnDocument: 'after', includeResultMetadata: true },
      );
      const created = found.lastErrorObject?.['updatedExisting'] === false;
      return { outcome: created ? 'created' : 'taken-over', document: found.value! };
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const document = await this.read(_id);
      return { outcome: document.state < ActionState.SUCCESS ? 'held' : 'finished', document };
    }
  }

  /** Takes over an unfinished run; undefined if another orchestrator was faster. */
  async takeOver(_id: Types.ObjectId, lease: Lease): Promise<RunDocument | undefined> {
    const now = new Date();
    const document = await this.#runs.findOneAndUpdate({ _id, ...isFree(now) }, takeLease(lease, now), {
      returnDocument: 'after',
    });
    return document ?? undefined;
  }

  /** Claims a run that has failed, to resume it; undefined if it has not failed, or another orchestrator was faster. */
  async reopen(_id: Types.ObjectId, lease: Lease): Promise<RunDocument | undefined> {
    const { $set, $inc } = takeLease(lease, new Date());
    const document = await this.#runs.findOneAndUpdate(
      { _id, state: ActionState.ERROR, 'result.undone': { $exists: false } },
      {
        $set: { ...$set, 'bag.claims': 1, 'bag.keepsSteps': true },
        $inc: { __v: $inc.__v },
        $unset: { 'bag.endedAt': '' },
      },
      { returnDocument: 'after' },
    );
    if (document) await this.#stepsOf(document, { $unset: { 'bag.endedAt': '' } });
    return document ?? undefined;
  }

  /** The unfinished runs, oldest first; where there are more than the limit, those that are due first. */
  async findOpen(workflows: string[], limit: number): Promise<OpenRun[]> {
    const now = new Date();
    const documents = await this.#runs
      .find({ actionRef: { $in: workflows }, state: { $in: UNFINISHED } })
      .project<OpenDocument>({ filter: 1, createdAt: 1, cronActivity: 1 })
      .sort({ 'cronActivity.nextActivity': 1 })
      .limit(limit)
      .toArray();
    return documents
      .map(({ _id, filter, createdAt, cronActivity }) => ({
        id: _id,
        filter,
        startedAt: createdAt,
        isReady:
          cronActivity.nextActivity <= now && (!cronActivity.pending || isAbandoned(cronActivity, now)),
      }))
      .sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  }

  /** Ends a run and gives the lease back. False where the lease was lost: then nothing was written. */
  async finish(run: RunDocument, { state, result, endedAt, leavesOpen }: Ending): Promise<boolean> {
    // What is open, or exempt from retention, has to go with the rest.
    if (leavesOpen || run.bag.keepsSteps) await this.#stepsOf(run, { $set: { 'bag.endedAt': endedAt } });
    const fields = { state, result, 'bag.endedAt': endedAt, 'cronActivity.nextActivity': NEVER };
    return this.#giveBack(held(run), endedAt, fields, { 'bag.waits': '' });
  }

  /**
   * Suspends an unfinished run. False if the lease was lost, or if a signal came since the claim that the run may wait
   * for: then nothing was written.
   */
  async suspend(run: RunDocument, { due, waits }: Suspension): Promise<boolean> {
    const now = new Date();
    const keepsSteps = due.getTime() - now.getTime() > LONG_WAIT_MS;
    if (keepsSteps && !run.bag.keepsSteps) await this.#stepsOf(run, { $unset: { 'bag.endedAt': '' } });
    const unsignalled = { ...held(run), 'bag.signals': run.bag.signals ?? null };
    return this.#giveBack(unsignalled, now, {
      state: ActionState.SLEEPING,
      'cronActivity.nextActivity': due,
      'bag.waits': waits,
      'bag.keepsSteps': keepsSteps || (run.bag.keepsSteps ?? false),
    });
  }

  /**
   * Gives the lease back after a pass that failed for no fault of the run's, as far as is known: the claim goes on
   * counting, so that a run that fails each pass is given up one day.
   */
  async release(run: RunDocument): Promise<void> {
    await this.#runs.updateOne(held(run), { $set: { 'cronActivity.pending': false }, $inc: { __v: 1 } });
  }

  async #stepsOf(run: RunDocument, update: mongo.UpdateFilter<RunDocument>): Promise<void> {
    await this.#runs.updateMany({ workflowId: run._id.toHexString() }, update);
  }

  async #giveBack(
    filter: mongo.Filter<RunDocument>,
    now: Date,
    fields: object,
    removed: Record<string, ''> = {},
  ): Promise<boolean> {
    const { matchedCount } = await this.#runs.updateOne(filter, {
      $set: {
        ...fields,
        stateUpdatedAt: now,
        updatedAt: now,
        'cronActivity.pending': false,
        'bag.claims': 0,
      },
      $unset: { 'bag.holder': '', ...removed },
      $inc: { __v: 1 },
    });
    return matchedCount === 1;
  }

  async read(_id: Types.ObjectId): Promise<RunDocument> {
    const document = await this.#runs.findOne({ _id });
    if (!document) throw new Error(`Run ${_id.toHexString()} vanished from the store while it was advanced.`);
    return document;
  }

  get #runs(): mongo.Collection<RunDocument> {
    return this.#app.ActionModel.collection as unknown as mongo.Collection<RunDocument>;
  }
}

/** The run as its holder claimed it; matches nothing once another orchestrator has. */
function held(run: RunDocument) {
  return { _id: run._id, 'bag.holder': run.bag.holder, __v: run.__v };
}

// A paused one (PAUSED) is left alone: that is how a person stops a run.
const UNFINISHED = [ActionState.SLEEPING, ActionState.EXECUTING_MAIN, ActionState.IN_PROGRESS];

function isAbandoned({ lastActivity }: RunDocument['cronActivity'], now: Date): boolean {
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

function takeLease(lease: Lease, now: Date) {
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

/** The fields of a new run that claiming it does not set, with Orbits' own defaults. */
function blankRun(workflow: DurableWorkflow, filter: RunDocument['filter'], now: Date) {
  const { _id, state, bag, cronActivity, __v, ...fields } =
    workflow.dbDoc.toObject<Record<string, unknown>>();
  void [_id, state, bag, __v];
  const { frequency } = cronActivity as { frequency: number };
  const { version } = workflow.constructor as typeof DurableWorkflow;
  return {
    ...fields,
    filter,
    createdAt: now,
    'bag.version': version,
    'cronActivity.frequency': frequency,
  };
}
