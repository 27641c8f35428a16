import type { mongo, Types } from 'mongoose';
import { pageId } from './ids.ts';
import { hasCode } from './mongo-errors.ts';
import type { PageRef, RunDocument, StoredStep } from './run-document.ts';

const DUPLICATE_KEY = 11_000;

/**
 * When the outcomes in a run's document pass this size, they move into a page. Each write of a run rewrites its
 * document in the store, so that the bytes written are about half of this for each outcome.
 */
export const PAGE_BYTES = 32 * 1024;

/** A part of a long history. It never changes. */
export interface PageDocument {
  _id: Types.ObjectId;
  run: Types.ObjectId;
  steps: StoredStep[];
  /** How often its run had been retried when it was last known to be open. */
  retries: number;
  /** From when on its retention counts; missing while its run is open. */
  endedAt?: Date;
}

/** The pages of long histories, in a collection of their own. */
export class HistoryPages {
  readonly #pages: mongo.Collection<PageDocument>;

  constructor(pages: mongo.Collection<PageDocument>) {
    this.#pages = pages;
  }

  /**
   * Writes the outcomes in a run's document into a page, and answers which one it is. It is part of the history only once
   * the run's document says so; until then, and if that fails, it may be written again.
   */
  async seal(run: RunDocument): Promise<PageRef> {
    const { recorded: end, steps, retries = 0 } = run.bag;
    const id = pageId(run._id, retries, end);
    await this.#pages.insertOne({ _id: id, run: run._id, steps, retries }).catch((error: unknown) => {
      // The same outcomes, or more of them: between two retries a history only grows.
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
    });
    return { id, end };
  }

  /** The outcomes in pages of a run. */
  async read(run: Types.ObjectId, refs: PageRef[]): Promise<StoredStep[]> {
    const ids = refs.map(({ id }) => id);
    const found = await this.#pages.find({ _id: { $in: ids } }).toArray();
    const pages = new Map(found.map((page) => [page._id.toHexString(), page.steps]));
    return ids.flatMap((id) => {
      const steps = pages.get(id.toHexString());
      if (!steps) throw new Error(`A page of the history of run ${run.toHexString()} is missing.`);
      return steps;
    });
  }

  async areThere(refs: PageRef[]): Promise<boolean> {
    if (refs.length === 0) return true;
    return (await this.#pages.countDocuments({ _id: { $in: refs.map(({ id }) => id) } })) === refs.length;
  }

  /** The outcome of a step, if it is in one of these pages. */
  async find(refs: PageRef[], step: string): Promise<StoredStep | undefined> {
    if (refs.length === 0) return undefined;
    const page = await this.#pages.findOne({ _id: { $in: refs.map(({ id }) => id) }, 'steps.id': step });
    return page?.steps.find(({ id }) => id === step);
  }

  /**
   * The pages of a run that has ended are removed with it. One that was retried meanwhile is open again, and keeps them.
   *
   * @param retries how often it had been retried when it ended
   */
  async expire(run: Types.ObjectId, retries: number, endedAt: Date): Promise<void> {
    await this.#pages.updateMany({ run, retries }, { $set: { endedAt } });
  }

  /** The pages of a run that is retried stay. */
  async keep(run: Types.ObjectId, retries: number): Promise<void> {
    await this.#pages.updateMany({ run }, { $set: { retries }, $unset: { endedAt: '' } });
  }
}
