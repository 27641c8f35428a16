import type { mongo, Types } from 'mongoose';
import type { Clock } from './clock.ts';
import type { RunDocument } from './run-document.ts';
import { isAbandoned, UNFINISHED } from './run-fields.ts';

/** An unfinished run, as far as a tick has to know it. */
export interface OpenRun {
  id: Types.ObjectId;
  filter: Record<string, string>;
  startedAt: Date;
  /** Whether it is due and not held. */
  isReady: boolean;
  /** Whether it has not started, and waits until no earlier run with its overlap key is open. */
  isQueued: boolean;
}

/** The queries by which a tick finds the runs that it resumes, and those that its own overlap. */
export class OpenRuns {
  readonly #runs: mongo.Collection<RunDocument>;
  readonly #clock: Clock;

  constructor(runs: mongo.Collection<RunDocument>, clock: Clock) {
    this.#runs = runs;
    this.#clock = clock;
  }

  /**
   * The runs that are due, and those that have one of the overlap keys: the ones that are due first, oldest due date
   * first, come first.
   */
  async findOpen(overlapKeys: string[], limit: number): Promise<OpenRun[]> {
    const now = new Date(this.#clock.now());
    const isDue = { 'cronActivity.nextActivity': { $lte: now } };
    const documents = await this.#runs
      .find({
        state: { $in: UNFINISHED },
        'bag.version': { $exists: true },
        ...(overlapKeys.length === 0 ? isDue : { $or: [isDue, { 'filter.overlap': { $in: overlapKeys } }] }),
      })
      .project<Pick<RunDocument, '_id' | 'filter' | 'createdAt' | 'cronActivity' | 'bag'>>({
        filter: 1,
        createdAt: 1,
        cronActivity: 1,
        'bag.start': 1,
      })
      .sort({ 'cronActivity.nextActivity': 1 })
      .limit(limit)
      .toArray();
    return documents.map(({ _id, filter, createdAt, cronActivity, bag }) => ({
      id: _id,
      filter,
      startedAt: createdAt,
      isReady: cronActivity.nextActivity <= now && (!cronActivity.pending || isAbandoned(cronActivity, now)),
      isQueued: bag.start?.overlap === 'queue',
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
}
