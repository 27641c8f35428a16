import type { IndexKeys } from '../bson/index-keys.ts';
import { decode, encode, type Doc } from '../bson/values.ts';
import type { Folder, Table } from './folder.ts';
import { Index, type IndexMeta } from './index.ts';

export interface CollectionMeta {
  id: number;
  options: Doc;
  indexes: IndexMeta[];
}

/** What a collection needs of its catalog. */
export interface Home {
  readonly folder: Folder;
  /** A new number for a collection or an index. */
  takeId(): number;
  save(collection: Collection): void;
}

/** A stored document. `id` is its number: collections keep the order of insertion. */
export interface StoredRecord {
  id: number;
  bytes: Uint8Array;
  doc: Doc;
}

/** A range of an index, as bytes after the index's number; `end` is not in it. */
export interface KeyRange {
  start: Buffer;
  end: Buffer;
}

const CHUNK = 128;

/**
 * Documents and their index entries. Each write is checked against all indexes before its first put, so that a
 * refused document has no effect. Writes are allowed only inside `storage.write`.
 */
export class Collection {
  readonly namespace: string;
  readonly database: string;
  readonly name: string;
  readonly id: number;
  options: Doc;
  indexes: Index[];
  private readonly home: Home;
  private readonly folder: Folder;
  private nextRecord: number | undefined;
  private size: number | undefined;

  constructor(home: Home, namespace: string, meta: CollectionMeta) {
    const dot = namespace.indexOf('.');
    this.home = home;
    this.folder = home.folder;
    this.namespace = namespace;
    this.database = namespace.slice(0, dot);
    this.name = namespace.slice(dot + 1);
    this.id = Number(meta.id);
    this.options = meta.options;
    this.indexes = meta.indexes.map((index) => new Index(index));
  }

  meta(): CollectionMeta {
    return { id: this.id, options: this.options, indexes: this.indexes.map((index) => index.meta()) };
  }

  get idIndex(): Index {
    return this.indexes[0]!;
  }

  count(): number {
    this.size ??= this.folder.docs.getKeysCount(this.recordRange());
    return this.size;
  }

  read(id: number): StoredRecord | undefined {
    const bytes = this.folder.docs.get(this.recordKey(id));
    return bytes && { id, bytes, doc: decode(bytes) };
  }

  /** The record with this whole key of a unique index. */
  readUnique(index: Index, key: Buffer): StoredRecord | undefined {
    const holder = this.folder.index.get(index.address(key));
    return holder && this.read(recordId(holder));
  }

  /** All records in the order of insertion. Keeps no lmdb cursor open between steps, so a scan may pause or end early. */
  *scan(backward = false): Generator<StoredRecord> {
    for (const { key, value } of chunks(this.folder.docs, this.recordRange(), backward)) {
      yield { id: recordId(key), bytes: value, doc: decode(value) };
    }
  }

  /** The ids of the records in a range of an index, in the index's order. */
  *scanIndex(index: Index, range: KeyRange, backward = false): Generator<number> {
    const prefix = index.prefix();
    const start = Buffer.concat([prefix, range.start]);
    const end = Buffer.concat([prefix, range.end]);
    for (const { key, value } of chunks(this.folder.index, { start, end }, backward)) {
      yield recordId(index.unique ? value : key);
    }
  }

  insert(doc: Doc, bytes: Uint8Array): number {
    const id = this.takeRecord();
    const entries = this.entries(doc);
    this.checkUnique(entries, id);
    this.putEntries(entries, id);
    void this.folder.docs.put(this.recordKey(id), asBuffer(bytes));
    if (this.size !== undefined) this.size++;
    return id;
  }

  replace(record: StoredRecord, doc: Doc, bytes = encode(doc)): void {
    const entries = this.entries(doc);
    this.checkUnique(entries, record.id);
    this.removeEntries(this.entries(record.doc), record.id);
    this.putEntries(entries, record.id);
    void this.folder.docs.put(this.recordKey(record.id), asBuffer(bytes));
  }

  remove(record: StoredRecord): void {
    this.removeEntries(this.entries(record.doc), record.id);
    void this.folder.docs.remove(this.recordKey(record.id));
    if (this.size !== undefined) this.size--;
  }

  addIdIndex(): void {
    const spec = { v: 2, key: { _id: 1 }, name: '_id_' };
    this.indexes = [new Index({ id: this.home.takeId(), spec, multikey: false, shortened: false })];
  }

  /** Builds the index over the documents of the collection. Throws DuplicateKey before the first write. */
  addIndex(spec: Doc): void {
    const index = new Index({ id: this.home.takeId(), spec, multikey: false, shortened: false });
    const taken = new Set<string>();
    const built: [Index, IndexKeys, number][] = [];
    for (const { id, doc } of this.scan()) {
      const keys = index.keysOf(doc);
      for (const { bytes, values } of index.unique ? keys.keys : []) {
        const text = bytes.toString('latin1');
        if (taken.has(text)) throw index.duplicate(this.namespace, values);
        taken.add(text);
      }
      built.push([index, keys, id]);
    }
    this.indexes.push(index);
    for (const [, keys, id] of built) this.putEntries([[index, keys]], id);
    this.home.save(this);
  }

  dropIndex(index: Index): void {
    this.clearIndex(index);
    this.indexes = this.indexes.filter((other) => other !== index);
    this.home.save(this);
  }

  clear(): void {
    for (const key of [...this.folder.docs.getKeys(this.recordRange())]) void this.folder.docs.remove(key);
    this.size = 0;
  }

  clearIndex(index: Index): void {
    const start = index.prefix();
    const end = Buffer.concat([start, Buffer.alloc(8, 0xff)]);
    for (const key of [...this.folder.index.getKeys({ start, end })]) void this.folder.index.remove(key);
  }

  private entries(doc: Doc): [Index, IndexKeys][] {
    return this.indexes.map((index) => [index, index.keysOf(doc)]);
  }

  private checkUnique(entries: [Index, IndexKeys][], id: number): void {
    const own = idBytes(id);
    for (const [index, { keys }] of entries) {
      if (!index.unique) continue;
      for (const { bytes, values } of keys) {
        const holder = this.folder.index.get(index.address(bytes, own));
        if (holder && recordId(holder) !== id) throw index.duplicate(this.namespace, values);
      }
    }
  }

  private putEntries(entries: [Index, IndexKeys][], id: number): void {
    const own = idBytes(id);
    let learned = false;
    for (const [index, keys] of entries) {
      learned = index.learn(keys) || learned;
      for (const { bytes } of keys.keys) {
        void this.folder.index.put(index.address(bytes, own), index.unique ? own : Buffer.alloc(0));
      }
    }
    if (learned) this.home.save(this);
  }

  private removeEntries(entries: [Index, IndexKeys][], id: number): void {
    const own = idBytes(id);
    for (const [index, { keys }] of entries) {
      for (const { bytes } of keys) void this.folder.index.remove(index.address(bytes, own));
    }
  }

  private takeRecord(): number {
    if (this.nextRecord === undefined) {
      const last = [...this.folder.docs.getKeys({ ...backwards(this.recordRange()), limit: 1 })][0];
      this.nextRecord = last ? recordId(last) + 1 : 1;
    }
    return this.nextRecord++;
  }

  private recordKey(id: number): Buffer {
    const key = Buffer.alloc(12);
    key.writeUInt32BE(this.id);
    key.writeBigUInt64BE(BigInt(id), 4);
    return key;
  }

  private recordRange(): KeyRange {
    const end = Buffer.alloc(13, 0xff);
    end.writeUInt32BE(this.id);
    return { start: this.recordKey(0), end };
  }
}

function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id));
  return bytes;
}

function recordId(bytes: Uint8Array): number {
  const view = asBuffer(bytes);
  return Number(view.readBigUInt64BE(view.length - 8));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A reverse range of lmdb goes from `start`, inclusive, down to `end`, exclusive. */
function backwards({ start, end }: KeyRange): { start: Buffer; end: Buffer; reverse: true } {
  return { start: end, end: start, reverse: true };
}

function* chunks(
  table: Table,
  range: KeyRange,
  backward: boolean,
): Generator<{ key: Buffer; value: Buffer }> {
  let { start, end } = range;
  for (;;) {
    const window = backward ? backwards({ start, end }) : { start, end };
    const found = Array.from(table.getRange({ ...window, limit: CHUNK }));
    for (const { key, value } of found) yield { key, value };
    const last = found[found.length - 1];
    if (found.length < CHUNK || !last) return;
    if (backward) end = last.key;
    else start = Buffer.concat([last.key, Buffer.from([0])]);
  }
}
