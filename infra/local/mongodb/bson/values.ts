import { Binary, BSONRegExp, deserialize, Double, Int32, Long, serialize } from 'bson';

/** A document with BSON's own number classes, so that an int stays an int and a double a double. */
export type Doc = Record<string, unknown>;

export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

const TYPED = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;

/** Decodes bytes to a typed document. Throws `BSONError` for bytes that are not BSON. */
export function decode(bytes: Uint8Array, rawArray?: string): Doc {
  return deserialize(bytes, rawArray === undefined ? TYPED : { ...TYPED, fieldsAsRaw: { [rawArray]: true } });
}

export function encode(doc: Doc): Uint8Array {
  return serialize(doc, { ignoreUndefined: false });
}

export function bsonType(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && '_bsontype' in value
    ? (value as { _bsontype: string })._bsontype
    : undefined;
}

/** True for a document or a subdocument. A DBRef is one: a document with a convention. */
export function isDocument(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Date || value instanceof RegExp || ArrayBuffer.isView(value)) return false;
  const type = (value as { _bsontype?: unknown })._bsontype;
  // A user's field may be called `_bsontype`; the classes have it on their prototype.
  return type === undefined || type === 'DBRef' || Object.hasOwn(value, '_bsontype');
}

/** The fields of a document in order. */
export function entriesOf(value: Doc): [string, unknown][] {
  return Object.entries(plainDocument(value));
}

function plainDocument(value: Doc): Doc {
  if (bsonType(value) !== 'DBRef' || Object.hasOwn(value, '_bsontype')) return value;
  const ref = value as { collection: string; oid: unknown; db?: string; fields: Doc };
  return { $ref: ref.collection, $id: ref.oid, ...(ref.db ? { $db: ref.db } : {}), ...ref.fields };
}

export function getField(value: Doc, name: string): unknown {
  const doc = plainDocument(value);
  return Object.hasOwn(doc, name) ? doc[name] : undefined;
}

/** Sets without ever reaching the prototype: `__proto__` is an ordinary field name in BSON. */
export function setField(doc: Doc, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(doc, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    doc[name] = value;
  }
}

export function isNumeric(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return true;
  const type = bsonType(value);
  return type === 'Int32' || type === 'Double' || type === 'Long' || type === 'Decimal128';
}

/** A number of any BSON kind as a JavaScript number; undefined for anything else. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  switch (bsonType(value)) {
    case 'Int32':
    case 'Double':
      return (value as Int32 | Double).value;
    case 'Long':
      return (value as Long).toNumber();
    case 'Decimal128':
      return Number(String(value));
    default:
      return undefined;
  }
}

/** True for what the server reads as true in an option of a command. */
export function truthy(value: unknown): boolean {
  const number = toNumber(value);
  return number === undefined ? Boolean(value) : number !== 0;
}

const NAMES: Record<string, string> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  UUID: 'binData',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  BSONSymbol: 'symbol',
  BSONRegExp: 'regex',
  DBRef: 'object',
};

/** The server's name of a value's type, as `$type` takes it and its messages print it. */
export function typeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  if (typeof value === 'bigint') return 'long';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value instanceof RegExp) return 'regex';
  if (ArrayBuffer.isView(value)) return 'binData';
  if (isDocument(value)) return 'object';
  const type = bsonType(value) ?? '';
  if (type === 'Code') return (value as { scope?: unknown }).scope ? 'javascriptWithScope' : 'javascript';
  return NAMES[type] ?? 'object';
}

/** A document with each field changed. Never reaches the prototype: `__proto__` is an ordinary field name in BSON. */
export function mapFields(doc: Doc, change: (value: unknown, name: string) => unknown): Doc {
  const copy: Doc = {};
  for (const [name, value] of entriesOf(doc)) setField(copy, name, change(value, name));
  return copy;
}

/** Without fields that are missing: mingo sets those to `undefined`. */
export function withoutMissing(doc: Doc): Doc {
  return Object.fromEntries(entriesOf(doc).filter(([, value]) => value !== undefined));
}

/** A copy of documents and arrays; other values are shared, because no code changes them in place. */
export function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T;
  return isDocument(value) ? (mapFields(value, clone) as T) : value;
}

/** The view that mingo computes on: JavaScript numbers; a Long beyond 2^53 loses its last digits there. */
export function toComputable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toComputable);
  if (isDocument(value)) return mapFields(value, toComputable);
  if (value instanceof BSONRegExp) return new RegExp(value.pattern, value.options.replaceAll(/[^ims]/g, ''));
  return bsonType(value) === 'Decimal128' ? value : (toNumber(value) ?? value);
}

/** Back from mingo: whole numbers become int or long, others double, `undefined` fields are dropped. */
export function fromComputed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => fromComputed(item) ?? null);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return new Double(value);
    return value === (value | 0) ? new Int32(value) : Long.fromNumber(value);
  }
  if (ArrayBuffer.isView(value))
    return new Binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return isDocument(value) ? mapFields(withoutMissing(value), fromComputed) : value;
}
