import { ActionState } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import type { Clock } from './clock.ts';
import type { RecordedError } from './errors.ts';
import { HistoryPages, PAGE_BYTES } from './history-pages.ts';
import { runId } from './ids.ts';
import { hasCode } from './mongo-errors.ts';
import {
  bytesOf,
  fromStoredStep,
  toStoredOpen,
  toStoredStep,
  type PageRef,
  type RunDocument,
  type StartPolicy,
  type StoredStep,
} from './run-document.ts';
import { blankRun, isAbandoned, isFree, NEVER, ORBITS_LOCK_MS, UNFINISHED } from './run-fields.ts';
import type { DurableWorkflow } from './durable-workflow.ts';
import type { OpenStep, RecordedStep } from './step.ts';
import type { Suspension, Wait } from './suspension.ts';

const DUPLICATE_KEY = 11_000;

/** The right to advance a run, and until when at most. */
export interface Lease {
  token: string;
  until: Date;
}

/** An unfinished run, as far as a tick has to know it. */
export interface OpenRun {
  id: Types.ObjectId;
  filter: Record<string, string>;
  startedAt: Date;
  /** Whether it is due and not held. */
  isReady: boolean;
}

/** A run as it was found when it was asked for. Only a claimed one may be advanced. */
export interface Claim {
  outcome: 'created' | 'taken-over' | 'held' | 'finished';
  document: RunDocument;
}

/** What a pass has to write. */
export interface Changes {
  /** In the order of their ordinals. */
  ended: RecordedStep[];
  opened: OpenStep[];
  /** Whether it counts only if no signal came since the document was read: a wait has timed out. */
  ifNoSignal: boolean;
}

export const noChanges: Changes = { ended: [], opened: [], ifNoSignal: false };

/** How a run ends. */
export interface Ending {
  state: ActionState.SUCCESS | ActionState.ERROR;
  result: unknown;
  /** The step whose failure it is. */
  failedStep?: string | undefined;
}

/**
 * The runs, in Orbits' collection. Each change of a run is one update of its one document, which asks for the token of
 * its holder and for the length of the history: an orchestrator that lost the lease matches nothing.
 *
 * The lease is kept in the fields by which Orbits' workers lock an action, so that either side leaves alone what the
 * other one holds: it has ended when `lastActivity` is ten minutes old. A shorter lease is written with a `lastActivity`
 * in the past.
 */
export class RunStore {
  readonly #runs: mongo.Collection<RunDocument>;
  readonly #pages: HistoryPages;
  readonly #clock: Clock;

  constructor(runs: mongo.Collection<RunDocument>, pages: HistoryPages, clock: Clock) {
    this.#runs = runs;
    this.#pages = pages;
    this.#clock = clock;
  }

  /**
   * Creates the run of a key, or takes over the one that exists, in one atomic command.
   * If the run has ended, or another orchestrator holds it, the upsert collides; the run is then read.
   *
   * @param start what is decided about a run that is created; one that exists keeps its own
   */
  async claim(
    workflow: DurableWorkflow,
    key: string,
    filter: Record<string, string>,
    start: StartPolicy | undefined,
    lease: Lease,
  ): Promise<Claim> {
    const _id = runId(key);
    const now = this.#now();
    try {
      const document = await this.#runs.findOneAndUpdate(
        { _id, ...isFree(now) },
        { ...takeLease(lease, now), $setOnInsert: blankRun(workflow, { ...filter, key }, start, now) },
        { upsert: true, returnDocument: 'after' },
      );
      return { outcome: document!.__v === 1 ? 'created' : 'taken-over', document: document! };
    } catch (error) {
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
      const document = await this.read(_id);
      return { outcome: document.state < ActionState.SUCCESS ? 'held' : 'finished', document };
    }
  }

  /** Takes over an unfinished run; undefined if another orchestrator was faster. */
  async takeOver(_id: Types.ObjectId, lease: Lease): Promise<RunDocument | undefined> {
    const now = this.#now();
    const document = await this.#runs.findOneAndUpdate({ _id, ...isFree(now) }, takeLease(lease, now), {
      returnDocument: 'after',
    });
    return document ?? undefined;
  }

  /** For a run that an Orbits worker has locked: makes the caller the one that its writes ask for. */
  async holdFor(_id: Types.ObjectId, token: string): Promise<RunDocument | undefined> {
    const document = await this.#runs.findOneAndUpdate(
      { _id, state: { $in: UNFINISHED } },
      { $set: { 'bag.holder': token }, $inc: { __v: 1 } },
      { returnDocument: 'after' },
    );
    return document ?? undefined;
  }

  /**
   * Claims a run that has failed, with a history that ends before the step that failed, or before the one that is
   * named. Undefined if the run has not failed, has undone its steps, or another orchestrator was faster.
   */
  async reopen(
    run: RunDocument,
    cut: HistoryCut | undefined,
    lease: Lease,
  ): Promise<RunDocument | undefined> {
    const { $set, $inc } = takeLease(lease, this.#now());
    // First, for pages that expire while their run is open would be missed.
    if (run.bag.pages) await this.#pages.keep(run._id);
    const document = await this.#runs.findOneAndUpdate(
      { _id: run._id, state: ActionState.ERROR, __v: run.__v, 'result.undone': { $exists: false } },
      {
        $set: { ...$set, result: {}, 'bag.claims': 1, ...(cut && cutFields(run, cut)) },
        $inc: { __v: $inc.__v },
        $unset: { 'bag.endedAt': '', 'bag.failedStep': '', 'bag.cancelled': '', 'bag.waits': '' },
      },
      { returnDocument: 'after' },
    );
    if (!document && run.bag.pages && run.bag.endedAt) await this.#pages.expire(run._id, run.bag.endedAt);
    return document ?? undefined;
  }

  /**
   * The runs that are due, and those that have one of the overlap keys: the ones that are due first, oldest due date
   * first, come first.
   */
  async findOpen(overlapKeys: string[], limit: number): Promise<OpenRun[]> {
    const now = this.#now();
    const isDue = { 'cronActivity.nextActivity': { $lte: now } };
    const documents = await this.#runs
      .find({
        state: { $in: UNFINISHED },
        'bag.version': { $exists: true },
        ...(overlapKeys.length === 0 ? isDue : { $or: [isDue, { 'filter.overlap': { $in: overlapKeys } }] }),
      })
      .project<Pick<RunDocument, '_id' | 'filter' | 'createdAt' | 'cronActivity'>>({
        filter: 1,
        createdAt: 1,
        cronActivity: 1,
      })
      .sort({ 'cronActivity.nextActivity': 1 })
      .limit(limit)
      .toArray();
    return documents.map(({ _id, filter, createdAt, cronActivity }) => ({
      id: _id,
      filter,
      startedAt: createdAt,
      isReady: cronActivity.nextActivity <= now && (!cronActivity.pending || isAbandoned(cronActivity, now)),
    }));
  }

  /** An open run with the same overlap key that was created before this one. */
  async findEarlier(run: RunDocument): Promise<Pick<RunDocument, '_id' | 'createdAt'> | undefined> {
    const overlap = run.filter['overlap'];
    if (overlap === undefined) return undefined;
    const { createdAt, _id } = run;
    const earlier = await this.#runs.findOne(
      {
        'filter.overlap': overlap,
        state: { $in: UNFINISHED },
        $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }],
      },
      { projection: { createdAt: 1 }, sort: { createdAt: -1, _id: -1 } },
    );
    return earlier ?? undefined;
  }

  /** Records that a run has started: from now on its start policy does not count. */
  async begin(run: RunDocument): Promise<boolean> {
    const isWritten = await this.#write(run, held(run), { $unset: { 'bag.start': '' } });
    if (isWritten) delete run.bag.start;
    return isWritten;
  }

  /** Records what a pass has come to so far. False if nothing was written. */
  record(run: RunDocument, changes: Changes): Promise<boolean> {
    return this.#change(run, changes, {});
  }

  /** Ends a run and gives the lease back. False if nothing was written. */
  async finish(run: RunDocument, changes: Changes, ending: Ending): Promise<boolean> {
    const { state, result, failedStep } = ending;
    const endedAt = this.#now();
    const fields = { state, result, 'bag.endedAt': endedAt, 'cronActivity.nextActivity': NEVER };
    const isWritten = await this.#change(run, changes, {
      $set: { ...givenBack(endedAt), ...fields, ...(failedStep && { 'bag.failedStep': failedStep }) },
      $unset: { 'bag.holder': '', 'bag.waits': '', 'bag.blocked': '', 'bag.start': '' },
    });
    if (!isWritten) return false;
    Object.assign(run, { state, result, stateUpdatedAt: endedAt });
    if (run.bag.pages) await this.#pages.expire(run._id, endedAt);
    return true;
  }

  /** Suspends a run. False if nothing was written: the lease was lost, or a signal came that it may wait for. */
  async suspend(run: RunDocument, changes: Changes, { due, waits }: Suspension): Promise<boolean> {
    return this.#giveBack(run, { ...changes, ifNoSignal: true }, due, waits, undefined);
  }

  /** Suspends a run over a fault of the operator, to be tried again later. False if the lease was lost. */
  async block(run: RunDocument, due: Date, waits: Wait[], error: RecordedError): Promise<boolean> {
    return this.#giveBack(run, noChanges, due, waits, error);
  }

  /**
   * Gives the lease back after a pass that failed, and not because of the run, as far as is known: the claim goes on
   * counting.
   */
  async release(run: RunDocument): Promise<void> {
    await this.#runs.updateOne(held(run), {
      $set: { 'cronActivity.pending': false },
      $unset: { 'bag.holder': '' },
      $inc: { __v: 1 },
    });
  }

  async read(_id: Types.ObjectId): Promise<RunDocument> {
    const document = await this.#runs.findOne({ _id });
    if (!document) throw new Error(`Run ${_id.toHexString()} vanished from the store.`);
    return document;
  }

  /** The whole history of a run. */
  async history(run: RunDocument): Promise<RecordedStep[]> {
    const pages = run.bag.pages ? await this.#pages.read(run) : [];
    return [...pages, ...run.bag.steps].map(fromStoredStep);
  }

  async #giveBack(
    run: RunDocument,
    changes: Changes,
    due: Date,
    waits: Wait[],
    error: RecordedError | undefined,
  ): Promise<boolean> {
    const now = this.#now();
    const blocked = error && { error, since: run.bag.blocked?.since ?? now };
    const isWritten = await this.#change(run, changes, {
      $set: {
        ...givenBack(now),
        state: ActionState.SLEEPING,
        'cronActivity.nextActivity': due,
        'bag.waits': waits,
        ...(run.bag.start && { 'bag.start': run.bag.start }),
        ...(blocked && { 'bag.blocked': blocked, 'bag.claims': run.bag.claims }),
      },
      $unset: { 'bag.holder': '', ...(!blocked && { 'bag.blocked': '' }) },
    });
    if (!isWritten) return false;
    run.bag.waits = waits;
    if (blocked) run.bag.blocked = blocked;
    else delete run.bag.blocked;
    return true;
  }

  async #change(run: RunDocument, changes: Changes, more: Update): Promise<boolean> {
    const { ended, opened, ifNoSignal } = changes;
    const steps = ended.map(toStoredStep);
    const sealed = needsPage(run.bag.steps, steps) ? await this.#pages.seal(run) : undefined;
    const endedIds = new Set(steps.map(({ id }) => id));
    const $set: Record<string, unknown> = { 'bag.claims': ended.length > 0 ? 1 : run.bag.claims };
    const $unset: Record<string, ''> = {};
    for (const { id } of steps) $unset[`bag.open.${id}`] = '';
    for (const step of opened) {
      const id = step.id.toHexString();
      if (!endedIds.has(id)) $set[`bag.open.${id}`] = toStoredOpen(step);
    }
    if (ended.length > 0) $set['bag.recorded'] = run.bag.recorded + ended.length;
    if (sealed !== undefined) $set['bag.steps'] = steps;
    const filter = {
      ...held(run),
      ...(ifNoSignal && { 'bag.signalled': run.bag.signalled ?? { $exists: false } }),
    };
    const isWritten = await this.#write(run, filter as mongo.Filter<RunDocument>, {
      $set: { ...$set, ...more.$set },
      $unset: { ...$unset, ...more.$unset },
      $push: {
        ...(steps.length > 0 && sealed === undefined && { 'bag.steps': { $each: steps } }),
        ...(sealed !== undefined && { 'bag.pages': sealed }),
      },
    });
    if (!isWritten) return false;
    if (sealed === undefined) run.bag.steps.push(...steps);
    else Object.assign(run.bag, { steps, pages: [...(run.bag.pages ?? []), sealed] });
    run.bag.recorded += ended.length;
    if (ended.length > 0) run.bag.claims = 1;
    return true;
  }

  async #write(run: RunDocument, filter: mongo.Filter<RunDocument>, update: Update): Promise<boolean> {
    const given = Object.entries(update).filter(([, fields]) => Object.keys(fields as object).length > 0);
    const { matchedCount } = await this.#runs.updateOne(filter, {
      ...Object.fromEntries(given),
      $inc: { __v: 1 },
    });
    if (matchedCount === 1) run.__v++;
    return matchedCount === 1;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

/** Where a retry cuts the history: what stays of it, and outcomes that may count again. */
export interface HistoryCut {
  /** The pages that stay. */
  pages: PageRef[];
  /** The steps after them. */
  steps: StoredStep[];
  recorded: number;
  spare: StoredStep[];
  /** The steps without an outcome that stay. */
  open: NonNullable<RunDocument['bag']['open']>;
}

function cutFields(run: RunDocument, { pages, steps, recorded, spare, open }: HistoryCut) {
  return {
    'bag.pages': pages,
    'bag.steps': steps,
    'bag.recorded': recorded,
    'bag.spare': spare,
    'bag.open': open,
    'bag.cuts': (run.bag.cuts ?? 0) + 1,
  };
}

interface Update {
  $set?: Record<string, unknown>;
  $unset?: Record<string, ''>;
  $push?: Record<string, unknown>;
}

/** The run as its holder knows it. It matches nothing once another orchestrator has claimed it. */
function held(run: RunDocument): mongo.Filter<RunDocument> {
  return { _id: run._id, 'bag.holder': run.bag.holder!, 'bag.recorded': run.bag.recorded };
}

function needsPage(standing: StoredStep[], added: StoredStep[]): boolean {
  if (standing.length === 0) return false;
  const bytes = (steps: StoredStep[]) => steps.reduce((sum, step) => sum + bytesOf(step), 0);
  return bytes(standing) + bytes(added) > PAGE_BYTES;
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

function givenBack(now: Date) {
  return {
    stateUpdatedAt: now,
    updatedAt: now,
    'cronActivity.pending': false,
    'bag.claims': 0,
  };
}
