import type { Types } from 'mongoose';
import type { Clock } from './clock.ts';
import { LeaseLostError, recordError, StaleRunError } from './errors.ts';
import { STEP_BYTES, tooLarge } from './json.ts';
import type { RunDocument } from './run-document.ts';
import { noChanges, type Changes } from './changes.ts';
import type { RunStore } from './run-store.ts';
import type { EndedStep, OpenStep, RecordedStep } from './step.ts';

/** The most bytes that one write adds to a run's document; MongoDB takes 16 MiB in all. */
const WRITE_BYTES = 7.5 * 1024 * 1024;

/** A little more, because of the members around the values: an argument that was taken leaves room for an error. */
const MAX_STEP_BYTES = STEP_BYTES + 64 * 1024;

/** What BSON adds to an outcome, nearly. */
const MEMBERS_BYTES = 200;

/**
 * The outcomes of a pass that are not on record yet.
 *
 * A workflow may see an outcome before it is on record, but nothing outside is started before all that the workflow has
 * seen is: `flush` writes it. Outcomes that come together are written together, and the last ones with the end of the
 * run.
 */
export class Journal {
  readonly document: RunDocument;
  /** Whether a pass before this one crashed, and nothing was recorded since. */
  readonly isAfterCrash: boolean;
  /** Whether something outside was begun. */
  hasActed = false;
  readonly #store: RunStore;
  readonly #clock: Clock;
  readonly #onRecorded: (step: RecordedStep) => void;
  #changes: Changes = noChanges;
  #bytes = 0;
  /** Of the steps that are begun, by their ids. */
  readonly #openBytes: Map<string, number>;
  #recorded: number;
  #flushing: Promise<void> | undefined;
  #begins = false;
  #failure: { error: unknown } | undefined;

  constructor(
    document: RunDocument,
    store: RunStore,
    clock: Clock,
    onRecorded: (step: RecordedStep) => void = () => undefined,
  ) {
    this.document = document;
    this.#store = store;
    this.#clock = clock;
    this.#onRecorded = onRecorded;
    this.#recorded = document.bag.recorded;
    this.isAfterCrash = document.bag.claims > 1;
    const open = Object.entries(document.bag.open ?? {});
    this.#openBytes = new Map(open.map(([id, { argument, bag }]) => [id, Buffer.byteLength(argument + bag)]));
  }

  /**
   * Takes an outcome, and gives it its place in the history.
   *
   * @param ifNoSignal whether a signal that comes before this is written makes it wrong
   */
  async end(asIs: EndedStep, ifNoSignal = false): Promise<RecordedStep> {
    const { step, bytes } = storable(asIs);
    if (this.#bytes + bytes > WRITE_BYTES) await this.flush();
    this.#bytes += bytes;
    this.#openBytes.delete(step.id.toHexString());
    const recorded = { ...step, ordinal: this.#recorded++ };
    const { ended } = this.#changes;
    this.#changes = {
      ...this.#changes,
      ended: [...ended, recorded],
      ifNoSignal: ifNoSignal || this.#changes.ifNoSignal,
    };
    return recorded;
  }

  /** Throws if the steps that are begun are too large together. */
  open(step: OpenStep): void {
    const bytes = Buffer.byteLength(JSON.stringify([step.argument, step.bag]));
    const id = step.id.toHexString();
    const others = [...this.#openBytes].reduce((sum, [other, size]) => (other === id ? sum : sum + size), 0);
    if (others + bytes > STEP_BYTES)
      throw tooLarge(`arguments of ${others + bytes} bytes of steps in progress`);
    this.#openBytes.set(id, bytes);
    this.#without(id, { opened: [step] });
  }

  /** A step was not begun after all. */
  withdraw(step: Types.ObjectId): void {
    const id = step.toHexString();
    this.#openBytes.delete(id);
    this.#without(id, { withdrawn: [id] });
  }

  #without(id: string, { opened = [], withdrawn = [] }: Partial<Changes>): void {
    const changes = this.#changes;
    this.#changes = {
      ...changes,
      opened: [...changes.opened.filter((step) => step.id.toHexString() !== id), ...opened],
      withdrawn: [...changes.withdrawn.filter((other) => other !== id), ...withdrawn],
    };
  }

  /** The same as `flush` or `begin`, before something outside is begun. */
  async act(isRead: boolean): Promise<void> {
    await (isRead ? this.flush() : this.begin());
    this.hasActed = true;
  }

  /** Does the same, and records that the run has started: from now on it can't be too late for that. */
  begin(): Promise<void> {
    this.#begins = true;
    return this.flush();
  }

  /** Puts all that happened until now on record. What comes in the same turn is written with it. */
  async flush(): Promise<void> {
    while (this.#flushing || this.#hasLeft) {
      this.#flushing ??= this.#writeOnce().finally(() => (this.#flushing = undefined));
      await this.#flushing;
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** What is left to write with the end of the pass. */
  async rest(): Promise<Rest> {
    await this.#flushing;
    if (this.#failure) throw this.#failure.error;
    return this.#take();
  }

  /** Why a write changed nothing. */
  async lost(): Promise<Error> {
    const { _id, bag } = this.document;
    const standing = await this.#store.read(_id);
    const isHeld = standing.bag.holder === bag.holder && standing.bag.recorded === bag.recorded;
    return isHeld
      ? new StaleRunError(`A signal reached run ${_id.toHexString()}.`)
      : new LeaseLostError(`Another orchestrator holds run ${_id.toHexString()}, or it has ended.`);
  }

  /** After a write that failed there is no other: what came later may rest on what was in it. */
  async #writeOnce(): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    try {
      await this.#write();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  async #write(): Promise<void> {
    await this.#clock.turn();
    if (!this.#hasLeft) return;
    const { changes, written } = this.#take();
    if (!(await this.#store.record(this.document, changes))) throw await this.lost();
    written();
  }

  get #hasLeft(): boolean {
    return !isEmpty(this.#changes) || (this.#begins && this.document.bag.start !== undefined);
  }

  #take(): Rest {
    const changes = this.#changes;
    this.#changes = noChanges;
    this.#bytes = 0;
    return { changes, written: () => changes.ended.forEach((step) => this.#onRecorded(step)) };
  }
}

/** An argument and a result that are too large together fail their step. */
function storable(step: EndedStep): { step: EndedStep; bytes: number } {
  const bytes = Buffer.byteLength(JSON.stringify([step.argument, step.outcome]));
  if (bytes <= MAX_STEP_BYTES) return { step, bytes: bytes + MEMBERS_BYTES };
  const error = recordError(tooLarge(`an argument and an outcome of ${bytes} bytes of JSON`));
  return storable({ ...step, outcome: { state: 'ERROR', error } });
}

/** Changes that are to be written. */
export interface Rest {
  changes: Changes;
  /** To be called once they are. */
  written(this: void): void;
}

const isEmpty = ({ ended, opened, withdrawn }: Changes) =>
  ended.length + opened.length + withdrawn.length === 0;
