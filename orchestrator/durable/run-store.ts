import { ActionState } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import type { Clock } from './clock.ts';
import type { RecordedError } from './errors.ts';
import { noChanges, type Changes, type Ending } from './changes.ts';
import { cutFields, type HistoryCut } from './history-cut.ts';
import { HistoryPages, PAGE_BYTES } from './history-pages.ts';
import { runId } from './ids.ts';
import { givenBack, held, takeLease, type Claim, type Lease } from './lease.ts';
import { hasCode } from './mongo-errors.ts';
import {
  bytesOf,
  fromStoredStep,
  toStoredOpen,
  toStoredStep,
  type RunDocument,
  type StartPolicy,
  type StoredStep,
} from './run-document.ts';
import { blankRun, isFree, NEVER, UNFINISHED, type NewWorkflow } from './run-fields.ts';
import type { EndedStep, RecordedStep } from './step.ts';
import type { Suspension, Wait } from './suspension.ts';
import { WAIT_FOR } from './wait-for.ts';

const DUPLICATE_KEY = 11_000;

/**
 * The runs, in Orbits' collection. Each change of a run is one update of its one document, which asks for the token of
 * its holder and for the length of the history: an orchestrator that lost the lease matches nothing.
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
    workflow: NewWorkflow,
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
      const document = await this.#runs.findOne({ _id });
      // It has expired since it collided.
      if (!document) return this.claim(workflow, key, filter, start, lease);
      if (document.state < ActionState.SUCCESS) return { outcome: 'held', document };
      // Once more, for the process that ended it may have died before.
      await this.#expirePages(document);
      return { outcome: 'finished', document };
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

  /** Claims a run that an Orbits worker of this process has locked. */
  async holdFor(_id: Types.ObjectId, token: string): Promise<RunDocument | undefined> {
    const document = await this.#runs.findOneAndUpdate(
      { _id, state: { $in: UNFINISHED } },
      { $set: { 'bag.holder': token }, $inc: { __v: 1, 'bag.claims': 1 } },
      { returnDocument: 'after' },
    );
    return document ?? undefined;
  }

  /**
   * Claims a run that has failed, with a history that ends before the step that failed, or before the one that is
   * named. Undefined if the run has not failed, has undone its steps, or another orchestrator was faster.
   */
  async reopen(run: RunDocument, cut: HistoryCut, lease: Lease): Promise<RunDocument | undefined> {
    const { $set, $inc } = takeLease(lease, this.#now());
    const retries = (run.bag.retries ?? 0) + 1;
    const sealed = cut.needsPage ? await this.#pages.seal(run) : undefined;
    // First, for pages that expire while their run is open would be missed.
    if (hasPages(run) || sealed) await this.#pages.keep(run._id, retries);
    // They may have expired a moment before their run.
    if (!(await this.#pages.areThere([...cut.pages, ...cut.sparePages]))) return undefined;
    const document = await this.#runs.findOneAndUpdate(
      { _id: run._id, state: ActionState.ERROR, __v: run.__v, 'bag.undone': { $exists: false } },
      {
        $set: { ...$set, result: {}, 'bag.claims': 1, 'bag.retries': retries, ...cutFields(cut, sealed) },
        $inc: { __v: $inc.__v },
        $unset: { 'bag.endedAt': '', 'bag.failedStep': '', 'bag.cancelled': '', 'bag.waits': '' },
      },
      { returnDocument: 'after' },
    );
    return document ?? undefined;
  }

  /** Records what a pass has done so far: from now on the run's start policy does not count. False if nothing was written. */
  async record(run: RunDocument, changes: Changes): Promise<boolean> {
    const isWritten = await this.#change(run, changes, { $unset: begun(run) });
    if (isWritten) delete run.bag.start;
    return isWritten;
  }

  /** Ends a run and gives the lease back. False if nothing was written. */
  async finish(run: RunDocument, changes: Changes, ending: Ending): Promise<boolean> {
    const { state, result, failedStep, isUndone } = ending;
    const unset: Update['$unset'] = { 'bag.holder': '', 'bag.waits': '', 'bag.blocked': '' };
    const endedAt = this.#now();
    const fields = { state, result, 'bag.endedAt': endedAt, 'cronActivity.nextActivity': NEVER };
    const isWritten = await this.#change(run, changes, {
      $set: {
        ...givenBack(endedAt),
        ...fields,
        ...(failedStep && { 'bag.failedStep': failedStep }),
        ...(isUndone && { 'bag.undone': true }),
      },
      // One that was cancelled before it started may be too late when it is retried.
      $unset: run.bag.cancelled ? unset : { ...unset, 'bag.start': '' },
    });
    if (!isWritten) return false;
    Object.assign(run, { state, result, stateUpdatedAt: endedAt });
    Object.assign(run.bag, { endedAt, ...(isUndone && { undone: true }) });
    await this.#expirePages(run);
    return true;
  }

  /** Suspends a run. False if nothing was written: the lease was lost, or a signal came that it may wait for. */
  async suspend(run: RunDocument, changes: Changes, { due, waits }: Suspension): Promise<boolean> {
    return this.#giveBack(run, { ...changes, ifNoSignal: true }, due, waits, { unset: begun(run) });
  }

  /** Suspends a run before it has started: its start policy goes on counting. False if nothing was written. */
  async postpone(run: RunDocument, { due, waits }: Suspension): Promise<boolean> {
    return this.#giveBack(run, { ...noChanges, ifNoSignal: true }, due, waits, {});
  }

  /** Suspends a run over a fault of the operator, to be tried again later. False if the lease was lost. */
  async block(run: RunDocument, due: Date, waits: Wait[], error: RecordedError): Promise<boolean> {
    return this.#giveBack(run, noChanges, due, waits, { error });
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
    if (!document) throw new Error(`Run ${_id.toHexString()} is not in the store any more.`);
    return document;
  }

  /** The whole history of a run. */
  async history({ _id, bag }: RunDocument): Promise<RecordedStep[]> {
    const pages = bag.pages?.length ? await this.#pages.read(_id, bag.pages) : [];
    return [...pages, ...bag.steps].map(fromStoredStep);
  }

  /** Outcomes that retries have cut off; those of steps that were recorded again are among them. */
  async spare({ _id, bag }: RunDocument): Promise<EndedStep[]> {
    const pages = bag.sparePages?.length ? await this.#pages.read(_id, bag.sparePages) : [];
    return pages
      .filter(({ error, action }) => error === undefined && action !== WAIT_FOR)
      .map(fromStoredStep);
  }

  /** The outcome of a step, if it is in a page of the run's history. */
  inPages({ bag }: Pick<RunDocument, 'bag'>, step: string): Promise<StoredStep | undefined> {
    return this.#pages.find(bag.pages ?? [], step);
  }

  async #expirePages(run: RunDocument): Promise<void> {
    const { endedAt, retries = 0 } = run.bag;
    if (endedAt && hasPages(run)) await this.#pages.expire(run._id, retries, endedAt);
  }

  async #giveBack(
    run: RunDocument,
    changes: Changes,
    due: Date,
    waits: Wait[],
    { error, unset = {} }: { error?: RecordedError; unset?: Update['$unset'] },
  ): Promise<boolean> {
    const now = this.#now();
    const blocked = error && { error, since: run.bag.blocked?.since ?? now };
    const isWritten = await this.#change(run, changes, {
      $set: {
        ...givenBack(now),
        state: ActionState.SLEEPING,
        'cronActivity.nextActivity': due,
        'bag.waits': waits,
        ...(blocked && { 'bag.blocked': blocked, 'bag.claims': run.bag.claims }),
      },
      $unset: { 'bag.holder': '', ...(!blocked && { 'bag.blocked': '' }), ...unset },
    });
    if (!isWritten) return false;
    run.bag.waits = waits;
    if (blocked) run.bag.blocked = blocked;
    else delete run.bag.blocked;
    return true;
  }

  async #change(run: RunDocument, changes: Changes, more: Update): Promise<boolean> {
    const { ended, opened, withdrawn, ifNoSignal } = changes;
    const steps = ended.map(toStoredStep);
    const sealed = needsPage(run.bag.steps, steps) ? await this.#pages.seal(run) : undefined;
    const endedIds = new Set(steps.map(({ id }) => id));
    const $set: Record<string, unknown> = { 'bag.claims': ended.length > 0 ? 1 : run.bag.claims };
    const $unset: Record<string, ''> = {};
    for (const { id } of steps) $unset[`bag.open.${id}`] = '';
    for (const id of withdrawn) $unset[`bag.open.${id}`] = '';
    for (const step of opened) {
      const id = step.id.toHexString();
      if (!endedIds.has(id)) $set[`bag.open.${id}`] = toStoredOpen(step);
    }
    if (ended.length > 0) $set['bag.recorded'] = run.bag.recorded + ended.length;
    if (sealed !== undefined) {
      $set['bag.steps'] = steps;
      for (const { id } of run.bag.steps) if (run.bag.signals?.[id]) $unset[`bag.signals.${id}`] = '';
    }
    const filter = {
      ...held(run),
      ...(ifNoSignal && { 'bag.signalled': run.bag.signalled ?? { $exists: false } }),
    };
    const isWritten = await this.#write(run, filter, {
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

interface Update {
  $set?: Record<string, unknown>;
  $unset?: Record<string, ''> | undefined;
  $push?: Record<string, unknown>;
}

const begun = ({ bag }: RunDocument): Update['$unset'] => (bag.start ? { 'bag.start': '' } : {});

/** A retry may have cut off all pages of a run; they are its own nevertheless. */
const hasPages = ({ bag }: RunDocument) => (bag.pages?.length ?? 0) + (bag.retries ?? 0) > 0;

function needsPage(standing: StoredStep[], added: StoredStep[]): boolean {
  if (standing.length === 0) return false;
  const bytes = (steps: StoredStep[]) => steps.reduce((sum, step) => sum + bytesOf(step), 0);
  return bytes(standing) + bytes(added) > PAGE_BYTES;
}
