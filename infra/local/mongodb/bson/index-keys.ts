import { createHash } from 'node:crypto';
import { refuse } from '../errors.ts';
import { encodeKey, Order } from './key-encoding.ts';
import { getField, isDocument, type Doc } from './values.ts';

/** One field of an index's key: `direction` 1 or -1. */
export interface KeyField {
  path: string;
  parts: string[];
  direction: 1 | -1;
}

/** The keys of one document in an index: one, or several when an array is indexed. */
export interface IndexKeys {
  keys: { bytes: Buffer; values: unknown[] }[];
  multikey: boolean;
  /** The document has no indexed field; a sparse index omits it. */
  absent: boolean;
}

const EMPTY_ARRAY = Symbol('empty array');

interface Walk {
  value: unknown;
  rest: string[];
}

/** The keys of `doc`. Throws CannotIndexParallelArrays, as the server does, for two arrays in one key. */
export function keysOf(fields: KeyField[], doc: Doc): IndexKeys {
  const tuples: unknown[][] = [];
  const multikey = spread(
    fields,
    fields.map(({ parts }) => ({ value: doc, rest: parts })),
    tuples,
  );
  const unique = new Map<string, { bytes: Buffer; values: unknown[] }>();
  for (const values of tuples) {
    const bytes = joinKey(fields, values);
    unique.set(bytes.toString('latin1'), {
      bytes,
      values: values.map((value) => (value === EMPTY_ARRAY ? undefined : (value ?? null))),
    });
  }
  return {
    keys: [...unique.values()],
    multikey,
    absent: tuples.every((values) => values.every((value) => value === undefined)),
  };
}

function spread(fields: KeyField[], walks: Walk[], tuples: unknown[][]): boolean {
  const reached = walks.map(advance);
  const arrays = reached.filter(({ value }) => Array.isArray(value));
  if (arrays.length === 0) {
    tuples.push(reached.map(({ value }) => value));
    return false;
  }
  const array = arrays[0]!.value as unknown[];
  if (arrays.some(({ value }) => value !== array)) {
    const names = reached.flatMap((walk, i) => (Array.isArray(walk.value) ? [lastName(fields[i]!)] : []));
    refuse('CannotIndexParallelArrays', `cannot index parallel arrays [${names[1]}] [${names[0]}]`);
  }
  const items = array.length === 0 ? [EMPTY_ARRAY] : array;
  for (const item of items) {
    const next = reached.map((walk): Walk => {
      if (walk.value !== array) return walk;
      if (walk.rest.length === 0) return { value: new Leaf(item), rest: [] };
      return { value: isDocument(item) ? item : undefined, rest: isDocument(item) ? walk.rest : [] };
    });
    spread(fields, next, tuples);
  }
  for (const tuple of tuples)
    tuple.forEach((value, i) => (tuple[i] = value instanceof Leaf ? value.item : value));
  return true;
}

/** Marks an item of an array, which is not spread again: only one level is. */
class Leaf {
  readonly item: unknown;
  constructor(item: unknown) {
    this.item = item;
  }
}

function advance({ value, rest }: Walk): Walk {
  let at = 0;
  while (at < rest.length) {
    const name = rest[at]!;
    if (isDocument(value)) value = getField(value, name);
    else if (Array.isArray(value)) {
      if (!/^\d+$/.test(name)) break;
      value = (value as unknown[])[Number(name)];
    } else return { value: undefined, rest: [] };
    at++;
  }
  return { value, rest: rest.slice(at) };
}

function lastName(field: KeyField): string {
  return field.parts[field.parts.length - 1]!;
}

function joinKey(fields: KeyField[], values: unknown[]): Buffer {
  return Buffer.concat(values.map((value, i) => keyPart(fields[i]!, value)));
}

/** The bytes of one value in an index; they are inverted for a descending field. */
export function keyPart(field: KeyField, value: unknown): Buffer {
  const bytes = value === EMPTY_ARRAY ? Buffer.from([Order.emptyArray]) : encodeKey(value);
  return field.direction === 1 ? bytes : invert(bytes);
}

export function invert(bytes: Buffer): Buffer {
  return bytes.map((byte) => 255 - byte) as Buffer;
}

// lmdb's keys have up to 1978 bytes, which include the numbers of the index and the record.
const MAX_KEY = 1900;

export function isLong(key: Buffer): boolean {
  return key.length > MAX_KEY;
}

/** A long key is stored as its beginning and a hash of the whole: unique, but ordered only by its beginning. */
export function storedKey(key: Buffer): Buffer {
  if (!isLong(key)) return key;
  return Buffer.concat([key.subarray(0, MAX_KEY - 32), createHash('sha256').update(key).digest()]);
}

/** A bound for a scan, cut at the same length as stored keys so that it excludes none of them. */
export function bound(prefix: Buffer): { bytes: Buffer; cut: boolean } {
  if (prefix.length <= MAX_KEY - 32) return { bytes: prefix, cut: false };
  return { bytes: prefix.subarray(0, MAX_KEY - 32), cut: true };
}

/** The value by which a document sorts in one direction: an array counts as its least, or greatest, item. */
export function sortKeyPart(field: KeyField, doc: Doc): Buffer {
  const { keys } = keysOf([{ ...field, direction: 1 }], doc);
  let best = keys[0]!.bytes;
  for (const { bytes } of keys) {
    if (Buffer.compare(bytes, best) * field.direction < 0) best = bytes;
  }
  return field.direction === 1 ? best : invert(best);
}

export function parseKeyPattern(pattern: Doc): KeyField[] {
  return Object.entries(pattern).map(([path, direction]) => ({
    path,
    parts: path.split('.'),
    direction: Number(String(direction)) < 0 ? -1 : 1,
  }));
}
