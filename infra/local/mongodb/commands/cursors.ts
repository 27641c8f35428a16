import { Long } from 'bson';
import { randomBytes } from 'node:crypto';
import { encode, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

const MAX_BATCH_BYTES = 16 * 1024 * 1024;

interface Cursor {
  namespace: string;
  documents: Iterator<Uint8Array, undefined>;
  /** A document that was read but did not fit. */
  held?: Uint8Array;
  session?: string;
  lastUsed: number;
}

/** Open cursors of all connections. */
export class Cursors {
  private readonly open = new Map<string, Cursor>();
  private readonly idleMs: number;

  constructor(idleMs: number) {
    this.idleMs = idleMs;
  }

  get size(): number {
    return this.open.size;
  }

  /** The reply to `find` or `aggregate`: the first batch, and a cursor when there are more documents. */
  start(
    namespace: string,
    documents: Iterator<Uint8Array, undefined>,
    options: { batchSize?: number; singleBatch?: boolean; session?: string },
  ): Uint8Array {
    const cursor: Cursor = { namespace, documents, session: options.session, lastUsed: Date.now() };
    const { batch, done } = this.batch(cursor, options.batchSize ?? 101);
    if (done || options.singleBatch) return cursorReply('firstBatch', batch, Long.ZERO, namespace);
    const id = Long.fromBigInt(randomBytes(8).readBigUInt64LE() >> 1n);
    this.open.set(id.toString(), cursor);
    return cursorReply('firstBatch', batch, id, namespace);
  }

  getMore(id: Long, namespace: string, batchSize: number | undefined): Uint8Array {
    const cursor = this.open.get(id.toString());
    if (!cursor) refuse('CursorNotFound', `cursor id ${id.toString()} not found`);
    if (cursor.namespace !== namespace) {
      const message = `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`;
      refuse('Unauthorized', message);
    }
    cursor.lastUsed = Date.now();
    let result;
    try {
      result = this.batch(cursor, batchSize ?? Infinity);
    } catch (error) {
      this.open.delete(id.toString());
      throw error;
    }
    if (result.done) this.open.delete(id.toString());
    return cursorReply('nextBatch', result.batch, result.done ? Long.ZERO : id, namespace);
  }

  /** True when the cursor existed. */
  kill(id: Long, namespace: string): boolean {
    const cursor = this.open.get(id.toString());
    return cursor?.namespace === namespace && this.open.delete(id.toString());
  }

  endSession(session: string): void {
    for (const [key, cursor] of this.open) if (cursor.session === session) this.open.delete(key);
  }

  /** Removes idle cursors. */
  sweep(now = Date.now()): void {
    for (const [key, { lastUsed }] of this.open) if (now - lastUsed > this.idleMs) this.open.delete(key);
  }

  private batch(cursor: Cursor, size: number): { batch: Uint8Array[]; done: boolean } {
    const batch: Uint8Array[] = [];
    let bytes = 0;
    while (batch.length < size) {
      const next = cursor.held ?? cursor.documents.next().value;
      cursor.held = undefined;
      if (next === undefined) return { batch, done: true };
      if (batch.length > 0 && bytes + next.length > MAX_BATCH_BYTES) {
        cursor.held = next;
        return { batch, done: false };
      }
      batch.push(next);
      bytes += next.length;
    }
    return { batch, done: false };
  }
}

const OK = bodyOf({ ok: 1.0 });

/**
 * `{ cursor: { <name>: [...], id, ns }, ok: 1 }`, put together from the documents' own bytes: decoding and
 * encoding them again would cost most of the time of a find, and change the order of odd field names.
 */
function cursorReply(name: string, batch: Uint8Array[], id: Long, ns: string): Uint8Array {
  const items = batch.flatMap((document, i) => [Buffer.from(`\x03${i}\0`), document]);
  const cursor = joined([Buffer.from(`\x04${name}\0`), joined(items), bodyOf({ id, ns })]);
  return joined([Buffer.from('\x03cursor\0'), cursor, OK]);
}

/** The fields of an encoded document, without its length and end. */
function bodyOf(doc: Doc): Uint8Array {
  return encode(doc).subarray(4, -1);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(4), ...parts, Buffer.alloc(1)]);
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}
