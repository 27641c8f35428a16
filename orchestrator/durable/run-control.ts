import { ActionState } from '@wbce/orbits-core';
import type { mongo, Types } from 'mongoose';
import * as z from 'zod';
import type { Backend } from './backend.ts';
import { runStoreOf } from './collections.ts';
import { systemClock, type Clock } from './clock.ts';
import { stepId } from './ids.ts';
import { SIGNAL_BYTES, toJson } from './json.ts';
import type { RunDocument, StoredSignal } from './run-document.ts';
import { isFree, UNFINISHED } from './run-fields.ts';
import type { RunStore } from './run-store.ts';
import { toRun, type Run, type RunState } from './run.ts';

/** What became of a signal. `taken`: the step that waits for it gets it. `kept`: the step that will wait for it does. */
export type SignalOutcome =
  | { outcome: 'taken' | 'kept' | 'timed-out' | 'ended' | 'cancelled' | 'unknown' }
  /** There was one before: this one. */
  | { outcome: 'answered'; value: unknown }
  | { outcome: 'invalid'; problems: string };

/** What became of a cancellation. `cancelled`: the next pass ends the run. */
export type CancelOutcome = 'cancelled' | 'ended' | 'held' | 'paused' | 'uncertain';

/** How often a signal is written to a run that changes meanwhile. */
const MAX_ATTEMPTS = 10;

export interface RunQuery {
  state?: RunState | 'BLOCKED' | undefined;
  /** Members of the run's filter. */
  filter?: Record<string, string>;
  /** Started at this time or later. */
  from?: Date | undefined;
  /** Started before this time. */
  to?: Date | undefined;
  limit: number;
  /** The last run of the page before. */
  after?: { startedAt: Date; id: Types.ObjectId } | undefined;
}

const STATES = Object.values(ActionState).filter((state) => typeof state === 'number');
const isOpen = { state: { $in: [...UNFINISHED, ActionState.PAUSED] } };
const byState: Record<RunState | 'BLOCKED', mongo.Filter<RunDocument>> = {
  SUCCESS: { state: ActionState.SUCCESS },
  ERROR: { state: ActionState.ERROR },
  IN_PROGRESS: isOpen,
  BLOCKED: { ...isOpen, 'bag.blocked': { $exists: true } },
};

/** What is asked of runs, and done to them, from outside. */
export class RunControl {
  readonly #workflows: Backend['workflows'];
  readonly #runs: mongo.Collection<RunDocument>;
  readonly #store: RunStore;
  readonly #clock: Clock;

  constructor(backend: Backend, clock: Clock = systemClock) {
    this.#workflows = backend.workflows;
    this.#runs = backend.runs;
    this.#store = runStoreOf(backend, clock);
    this.#clock = clock;
  }

  async find(_id: Types.ObjectId): Promise<Run | undefined> {
    const document = await this.#runs.findOne({ _id, ...isRun });
    return document ? toRun(document, await this.#store.history(document)) : undefined;
  }

  /** The newest first, without their steps. */
  async list({ state, filter = {}, from, to, limit, after }: RunQuery): Promise<Run[]> {
    const started = { ...(from && { $gte: from }), ...(to && { $lt: to }) };
    const documents = await this.#runs
      .find({
        ...isRun,
        ...(state && byState[state]),
        ...Object.fromEntries(Object.entries(filter).map(([name, value]) => [`filter.${name}`, value])),
        ...((from ?? to) && { createdAt: started }),
        ...(after && {
          $or: [
            { createdAt: { $lt: after.startedAt } },
            { createdAt: after.startedAt, _id: { $lt: after.id } },
          ],
        }),
      })
      .project<RunDocument>({ 'bag.steps': 0, 'bag.open': 0, 'bag.signals': 0 })
      .sort({ createdAt: -1, _id: -1 })
      .limit(limit)
      .toArray();
    return documents.map((document) => toRun(document, []));
  }

  /**
   * The newest runs with an overlap key that have an outcome of an action on record, with their steps, the newest first.
   * An outcome that has moved into a page is not looked for.
   */
  async newestWith(action: string, overlap: string, limit: number): Promise<Run[]> {
    const documents = await this.#runs
      // By each state, as the index has them.
      .find({ 'filter.overlap': overlap, state: { $in: STATES }, 'bag.steps.action': action })
      .sort({ createdAt: -1 })
      .limit(limit)
      .toArray();
    return Promise.all(documents.map(async (each) => toRun(each, await this.#store.history(each))));
  }

  /**
   * Gives a value to the step that waits for it (`waitFor`), or that will: once, if the workflow's schema takes it. The
   * run is due at once.
   *
   * @param occurrence how many steps with this ref the run had before
   */
  async signal(run: Types.ObjectId, ref: string, value: unknown, occurrence = 0): Promise<SignalOutcome> {
    // Before anything is awaited: a signal counts from when it came.
    const now = new Date(this.#clock.now());
    let found = await this.#addressee(run);
    const schema = found && this.#schemaOf(found, ref);
    if (!schema || !Number.isSafeInteger(occurrence) || occurrence < 0) return { outcome: 'unknown' };
    const parsed = schema.safeParse(value);
    if (!parsed.success) return { outcome: 'invalid', problems: z.prettifyError(parsed.error) };
    const text = JSON.stringify(toJson(value));
    if (Buffer.byteLength(text) > SIGNAL_BYTES) {
      return { outcome: 'invalid', problems: `a signal has at most ${SIGNAL_BYTES} bytes of JSON` };
    }
    const step = stepId(run, ref, occurrence).toHexString();
    const signal = { value: text, at: now };
    for (let attempt = 0; found && attempt < MAX_ATTEMPTS; attempt++) {
      const outcome = (await this.#deliver(found, step, signal)) ?? (await this.#whyNotTaken(run, step, now));
      if (outcome) return outcome;
      found = await this.#addressee(run);
    }
    if (!found) return { outcome: 'ended' };
    throw new Error(
      `Run ${run.toHexString()} changed each time that a signal was to be written. Send it again.`,
    );
  }

  /** What a signal has to know of its run. */
  #addressee(run: Types.ObjectId): Promise<RunDocument | null> {
    const projection = { actionRef: 1, 'bag.version': 1, 'bag.pages': 1, 'bag.retries': 1 };
    return this.#runs.findOne({ _id: run, ...isRun }, { projection });
  }

  /** Writes a signal, if the run is open and no earlier one is known; undefined if nothing was written. */
  async #deliver(found: RunDocument, step: string, signal: StoredSignal): Promise<SignalOutcome | undefined> {
    if (await this.#store.inPages(found, step)) return undefined;
    const { pages, retries } = found.bag;
    const standing = await this.#runs.findOneAndUpdate(
      {
        _id: found._id,
        ...isOpen,
        'bag.cancelled': { $exists: false },
        [`bag.signals.${step}`]: { $exists: false },
        'bag.steps.id': { $ne: step },
        // The pages are those in which the step is not.
        'bag.pages': pages ? { $size: pages.length } : { $exists: false },
        'bag.retries': retries ?? { $exists: false },
        $or: [{ [`bag.open.${step}`]: { $exists: false } }, { [`bag.open.${step}.due`]: { $gt: signal.at } }],
      },
      {
        $set: { [`bag.signals.${step}`]: signal, 'cronActivity.nextActivity': signal.at },
        // Orbits' workers save a whole document, unless its version is another one by then.
        $inc: { 'bag.signalled': 1, __v: 1 },
      },
      { projection: { [`bag.open.${step}`]: 1 } },
    );
    return standing ? { outcome: standing.bag.open?.[step] ? 'taken' : 'kept' } : undefined;
  }

  /**
   * Ends a run that waits or sleeps: the next pass undoes what has an undo, and the run is due at once. A run that is
   * held is left alone, and so is one that retries a step, or whose holder crashed: it is not certain what its last step
   * has done. It takes back the signals that no step has taken: a retry waits for them again.
   */
  async cancel(_id: Types.ObjectId, reason: string): Promise<CancelOutcome> {
    const now = new Date(this.#clock.now());
    const { matchedCount } = await this.#runs.updateOne(
      {
        ...isFree(now),
        _id,
        state: ActionState.SLEEPING,
        'bag.waits.0': { $exists: true },
        'bag.waits.attempts': { $not: { $gt: 0 } },
        // More than none if a pass crashed before the one that found the run blocked.
        'bag.claims': 0,
      },
      {
        $set: { 'bag.cancelled': { reason, at: now }, 'cronActivity.nextActivity': now },
        $inc: { 'bag.signalled': 1, __v: 1 },
      },
    );
    if (matchedCount === 1) return 'cancelled';
    const document = await this.#runs.findOne({ _id });
    if (!document || document.state >= ActionState.SUCCESS) return 'ended';
    if (document.state === ActionState.PAUSED) return 'paused';
    const isHeld = (await this.#runs.countDocuments({ ...isFree(now), _id })) === 0;
    if (isHeld) return 'held';
    return document.bag.cancelled ? 'cancelled' : 'uncertain';
  }

  #schemaOf({ actionRef, bag }: RunDocument, ref: string): z.ZodType | undefined {
    const current = this.#workflows.get(actionRef);
    const versions = current ? [current, ...current.previousVersions] : [];
    const signals = versions.find(({ version }) => version === bag.version)?.signals ?? {};
    return Object.hasOwn(signals, ref) ? signals[ref] : undefined;
  }

  /** Undefined if nothing speaks against the signal: the run was changed meanwhile. */
  async #whyNotTaken(run: Types.ObjectId, id: string, now: Date): Promise<SignalOutcome | undefined> {
    const document = await this.#runs.findOne({ _id: run });
    if (!document) return { outcome: 'ended' };
    const { signals, steps, open, cancelled } = document.bag;
    const step = steps.find((each) => each.id === id) ?? (await this.#store.inPages(document, id));
    const earlier = signals?.[id]?.value ?? step?.result;
    if (earlier !== undefined) return { outcome: 'answered', value: JSON.parse(earlier) as unknown };
    if (document.state >= ActionState.SUCCESS) return { outcome: 'ended' };
    if (cancelled) return { outcome: 'cancelled' };
    const due = open?.[id]?.due;
    return step || (due && due <= now) ? { outcome: 'timed-out' } : undefined;
  }
}

/** Not an action of Orbits' own. */
const isRun = { 'bag.version': { $exists: true } };
