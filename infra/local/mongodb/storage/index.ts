import {
  isLong,
  keysOf,
  parseKeyPattern,
  storedKey,
  type IndexKeys,
  type KeyField,
} from '../bson/index-keys.ts';
import { shellText } from '../bson/shell-text.ts';
import { isDocument, truthy, type Doc } from '../bson/values.ts';
import { ServerError } from '../errors.ts';
import { compileFilter, type Matcher } from '../query/compile.ts';

/** An index as the catalog stores it. `spec` is what `listIndexes` returns. */
export interface IndexMeta {
  id: number;
  spec: Doc;
  /** Some document has more than one key. */
  multikey: boolean;
  /** Some key is stored shortened, so the order of keys may differ from that of values. */
  shortened: boolean;
}

const NONE = Buffer.alloc(0);

/** One index: its name and the keys that it has for a document. The collection reads and writes it. */
export class Index {
  readonly id: number;
  readonly name: string;
  readonly spec: Doc;
  readonly fields: KeyField[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partial: Doc | undefined;
  multikey: boolean;
  shortened: boolean;
  private readonly covers: Matcher | undefined;

  constructor(meta: IndexMeta) {
    this.id = Number(meta.id);
    this.spec = meta.spec;
    this.name = String(meta.spec.name);
    this.fields = parseKeyPattern(meta.spec.key as Doc);
    this.unique = this.name === '_id_' || truthy(meta.spec.unique);
    this.sparse = truthy(meta.spec.sparse);
    const partial = meta.spec.partialFilterExpression;
    this.partial = isDocument(partial) ? partial : undefined;
    this.covers = this.partial && compileFilter(this.partial);
    this.multikey = meta.multikey;
    this.shortened = meta.shortened;
  }

  meta(): IndexMeta {
    return { id: this.id, spec: this.spec, multikey: this.multikey, shortened: this.shortened };
  }

  /** The keys of `doc` in this index; none when the index is sparse or partial and omits the document. */
  keysOf(doc: Doc): IndexKeys {
    const none: IndexKeys = { keys: [], multikey: false, absent: true };
    if (this.covers && !this.covers(doc)) return none;
    const found = keysOf(this.fields, doc);
    return this.sparse && found.absent ? none : found;
  }

  /** The key in lmdb: the index's number, the key, and the record's number unless the index is unique. */
  address(key: Buffer, recordKey: Buffer = NONE): Buffer {
    return Buffer.concat(
      this.unique ? [this.prefix(), storedKey(key)] : [this.prefix(), storedKey(key), recordKey],
    );
  }

  prefix(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.id);
    return bytes;
  }

  /** Updates the flags that later plans need; true when a flag has changed and must be saved. */
  learn(keys: IndexKeys): boolean {
    const before = `${this.multikey}${this.shortened}`;
    this.multikey ||= keys.multikey;
    this.shortened ||= keys.keys.some(({ bytes }) => isLong(bytes));
    return before !== `${this.multikey}${this.shortened}`;
  }

  duplicate(namespace: string, values: unknown[]): ServerError {
    const keyValue: Doc = {};
    this.fields.forEach(({ path }, i) => (keyValue[path] = values[i] ?? null));
    return new ServerError(
      'DuplicateKey',
      `E11000 duplicate key error collection: ${namespace} index: ${this.name} dup key: ${shellText(keyValue)}`,
      { keyPattern: this.spec.key, keyValue },
    );
  }
}
