import { candidates } from '../bson/paths.ts';
import { toNumber } from '../bson/values.ts';
import type { Catalog } from './catalog.ts';

const AT_ONCE = 1000;

/** Removes expired documents; `now` in milliseconds. Resolves to the number of removed documents. */
export async function sweepExpired(catalog: Catalog, now = Date.now()): Promise<number> {
  let removed = 0;
  for (const collection of catalog.list()) {
    for (const index of collection.indexes) {
      const seconds = toNumber(index.spec.expireAfterSeconds);
      if (seconds === undefined) continue;
      const path = index.fields[0]!.path;
      const expired = [...collection.scan()].filter(({ doc }) => {
        // In an array the earliest date counts; a value that is not a date never expires.
        const dates = candidates(doc, path).filter((value) => value instanceof Date);
        const earliest = Math.min(...dates.map((date) => date.getTime()));
        return dates.length > 0 && earliest + seconds * 1000 <= now && index.keysOf(doc).keys.length > 0;
      });
      for (let i = 0; i < expired.length; i += AT_ONCE) {
        removed += await catalog.storage.write(() => {
          let n = 0;
          for (const { id, bytes } of expired.slice(i, i + AT_ONCE)) {
            const home = catalog.find(collection.namespace);
            const current = home?.id === collection.id ? home.read(id) : undefined;
            // Changed since it was read: the next sweep reads it again.
            if (!current || Buffer.compare(current.bytes, bytes) !== 0) continue;
            home!.remove(current);
            n++;
          }
          return n;
        });
      }
    }
  }
  return removed;
}
