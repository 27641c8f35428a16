import { open } from 'lmdb';
import type { Operation } from './load.ts';

const READS_AT_ONCE = 100;

/**
 * lmdb alone, in this process: each put stands on the disk before the next begins, and with several lanes one
 * transaction holds those that wait together, as the store does it.
 */
export function startRaw(path: string, lanes: number) {
  const root = open<Buffer, Buffer>({
    path,
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const value = Buffer.alloc(200, 1);
  let written = 0;
  const put = () => void root.put(keyOf(written++), value);
  root.transactionSync(() => {
    for (let i = 0; i < 1000; i++) put();
  });
  return {
    rate(operation: Operation, ms: number): number {
      const began = performance.now();
      let done = 0;
      while (performance.now() - began < ms) {
        if (operation === 'read') {
          for (let i = 0; i < READS_AT_ONCE; i++) root.get(keyOf(done++ % 1000));
        } else {
          root.transactionSync(() => {
            for (let i = 0; i < lanes; i++, done++) put();
          });
        }
      }
      return (done * 1000) / (performance.now() - began);
    },
    close: () => root.close(),
  };
}

function keyOf(i: number): Buffer {
  const key = Buffer.alloc(12);
  key.writeUInt32BE(i, 8);
  return key;
}
