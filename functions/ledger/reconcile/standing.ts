import type { Difference } from '../../contracts/ledger.ts';
import type { Ledger } from '../connection.ts';
import { isSame, toFound, type Deviation } from './deviation.ts';

/**
 * Writes what differs into the books, by one request for all of them. Each is changed only if it is still as it was
 * compared; its version goes up, so that an order that is being judged is judged again.
 *
 * @returns the differences by symbol, as they were written
 */
export async function writeDifferences(
  ledger: Ledger,
  deviations: Deviation[],
  now: Date,
): Promise<ReadonlyMap<string, Difference>> {
  const writes = deviations.flatMap((deviation) => {
    const { _id, version, difference: before } = deviation.book;
    const found = toFound(deviation);
    if (before && isSame(before.found, found)) return [];
    return [{ _id, version, difference: { since: before?.since ?? now, found } }];
  });
  if (writes.length === 0) return new Map();
  const result = await ledger.books.bulkWrite(
    writes.map(({ _id, version, difference }) => ({
      updateOne: { filter: { _id, version }, update: { $set: { difference }, $inc: { version: 1 } } },
    })),
    { ordered: false },
  );
  const written = new Map(writes.map(({ _id, difference }) => [_id, difference]));
  if (result.matchedCount === writes.length) return written;
  // Those that were changed meanwhile are compared again at the next tick.
  const standing = await ledger.books
    .find(
      { _id: { $in: [...written.keys()] }, difference: { $exists: true } },
      { projection: { difference: 1 } },
    )
    .toArray();
  return new Map(standing.map(({ _id, difference }) => [_id, difference!]));
}
