import { bound, invert, keyPart, type KeyField } from '../bson/index-keys.ts';
import { compareValues, equalValues, Order, orderClass } from '../bson/key-encoding.ts';
import { entriesOf, isDocument, toNumber, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { checkFilter } from '../query/filter.ts';
import type { Collection, KeyRange, StoredRecord } from './collection.ts';
import type { Index } from './index.ts';

/** How `find` reads documents; the filter still tests each of them. */
export interface Plan {
  /** Undefined: the whole collection is read. */
  index?: Index;
  ranges: KeyRange[];
  /** The whole key of a unique index, if the filter has it: then one look-up replaces the scan of a range. */
  key?: Buffer;
  backward: boolean;
  /** The documents come in the requested order. */
  sorted: boolean;
}

interface Limits {
  equal?: unknown[];
  from?: { value: unknown; open: boolean };
  to?: { value: unknown; open: boolean };
}

const MAX_RANGES = 200;
const LAST = Buffer.from([0xff]);

/** Chooses the index with the longest useful prefix; in a tie, the one that also gives the order. */
export function plan(
  collection: Collection | undefined,
  filter: Doc,
  sort: KeyField[],
  hint?: unknown,
): Plan {
  const natural: Plan = { ranges: [], backward: false, sorted: sort.length === 0 };
  if (!collection) return natural;
  if (sort.length === 1 && sort[0]!.path === '$natural') {
    return { ranges: [], backward: sort[0]!.direction === -1, sorted: true };
  }
  const hinted = hintedIndex(collection, hint);
  if (hinted === 'natural') return natural;
  const limits = limitsOf(checkFilter(filter));
  let best: { plan: Plan; score: number } = { plan: natural, score: 0 };
  for (const index of hinted ? [hinted] : collection.indexes) {
    const candidate = planWith(index, limits, sort, filter);
    if (candidate && (candidate.score > best.score || hinted)) best = candidate;
  }
  return best.plan;
}

function hintedIndex(collection: Collection, hint: unknown): Index | 'natural' | undefined {
  if (hint === undefined || hint === null) return undefined;
  if (isDocument(hint) && Object.keys(hint).length === 0) return undefined;
  if (hint === '$natural' || (isDocument(hint) && '$natural' in hint)) return 'natural';
  const found = collection.indexes.find(
    (index) => index.name === hint || (isDocument(hint) && samePattern(index.spec.key as Doc, hint)),
  );
  if (!found)
    refuse('BadValue', 'error processing query: hint provided does not correspond to an existing index');
  return found;
}

export function samePattern(left: Doc, right: Doc): boolean {
  const text = (pattern: Doc) => JSON.stringify(entriesOf(pattern).map(([k, v]) => [k, toNumber(v) ?? v]));
  return text(left) === text(right);
}

/** The conditions on each field that every matching document meets. */
function limitsOf(filter: Doc, limits = new Map<string, Limits>()): Map<string, Limits> {
  for (const [path, operators] of Object.entries(filter)) {
    if (path === '$and') for (const part of operators as Doc[]) limitsOf(part, limits);
    if (path.startsWith('$')) continue;
    const limit = limits.get(path) ?? {};
    limits.set(path, limit);
    for (const [operator, value] of Object.entries(operators as Doc)) narrow(limit, operator, value);
  }
  return limits;
}

function narrow(limit: Limits, operator: string, value: unknown): void {
  if (operator === '$in') {
    const values = value as unknown[];
    if (values.every(searchable) && limit.equal === undefined) limit.equal = values;
    return;
  }
  if (!searchable(value)) return;
  const open = operator === '$gt' || operator === '$lt';
  if (operator === '$eq') limit.equal = [value];
  else if (orderClass(value) === Order.minKey || orderClass(value) === Order.maxKey || value === null) return;
  else if (operator === '$gt' || operator === '$gte') limit.from ??= { value, open };
  else if (operator === '$lt' || operator === '$lte') limit.to ??= { value, open };
}

/** Not for an index: arrays, which are indexed by their items, patterns, and NaN, which has its own rules. */
function searchable(value: unknown): boolean {
  return !Array.isArray(value) && !(value instanceof RegExp) && !Number.isNaN(toNumber(value) ?? 0);
}

function planWith(
  index: Index,
  limits: Map<string, Limits>,
  sort: KeyField[],
  filter: Doc,
): { plan: Plan; score: number } | undefined {
  if (index.fields.some(({ path }) => path.includes('$'))) return undefined;
  if (index.partial && !implies(filter, index.partial)) return undefined;
  const first = limits.get(index.fields[0]!.path);
  const selective = first?.equal ?? first?.from ?? first?.to;
  if (index.sparse && (selective === undefined || first?.equal?.some((value) => (value ?? null) === null))) {
    return undefined;
  }
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  let used = 0;
  let single = true;
  // A document with several keys may meet conditions on different fields with different keys.
  const usable = index.multikey ? index.fields.slice(0, 1) : index.fields;
  for (const field of usable) {
    const equal = limits.get(field.path)?.equal;
    if (!equal || prefixes.length * equal.length > MAX_RANGES) break;
    const parts = distinct(equal).map((value) => keyPart(field, value));
    prefixes = prefixes.flatMap((prefix) => parts.map((part) => Buffer.concat([prefix, part])));
    single &&= parts.length === 1;
    used++;
  }
  const next = usable[used];
  const limit = next && limits.get(next.path);
  const ranged = limit !== undefined && (limit.from !== undefined || limit.to !== undefined);
  const ranges = prefixes.map((prefix) => rangeOf(prefix, ranged ? next : undefined, limit, index.multikey));
  ranges.sort((left, right) => Buffer.compare(left.start, right.start));
  const order = index.multikey || index.shortened || !single ? undefined : orderOf(index, used, sort);
  const full = used === index.fields.length && index.unique;
  const score = used * 10 + (ranged ? 5 : 0) + (full ? 100 : 0) + (order ? 3 : 0);
  const backward = order === 'backward';
  const sorted = sort.length === 0 || order !== undefined;
  return { plan: { index, ranges, ...(full && single && { key: prefixes[0]! }), backward, sorted }, score };
}

/** A field that equals a string exists. */
const isText = (condition: unknown) => typeof condition === 'string';

function implies(filter: Doc, partial: Doc): boolean {
  return entriesOf(partial).every(
    ([name, value]) =>
      Object.hasOwn(filter, name) &&
      (equalValues(filter[name], value) || (equalValues(value, { $exists: true }) && isText(filter[name]))),
  );
}

function distinct(values: unknown[]): unknown[] {
  const sorted = [...values].sort(compareValues);
  return sorted.filter((value, i) => i === 0 || !equalValues(value, sorted[i - 1]));
}

function rangeOf(
  prefix: Buffer,
  field: KeyField | undefined,
  limit: Limits | undefined,
  multikey: boolean,
): KeyRange {
  if (!field || !limit) return { start: lower(prefix, false), end: upper(prefix, true) };
  // An array may meet each limit with a different item, so only one limit may narrow the range.
  const from = limit.from;
  const to = multikey && from ? undefined : limit.to;
  const order = orderClass((from ?? to)!.value);
  const low = from ? keyPart({ ...field, direction: 1 }, from.value) : Buffer.from([order]);
  const high = to ? keyPart({ ...field, direction: 1 }, to.value) : Buffer.from([order + 1]);
  const aboveLow = from?.open ?? false;
  const aboveHigh = to ? !to.open : false;
  if (field.direction === 1) {
    return {
      start: lower(Buffer.concat([prefix, low]), aboveLow),
      end: upper(Buffer.concat([prefix, high]), aboveHigh),
    };
  }
  const lowest = to ? invert(high) : invert(Buffer.from([order]));
  const highest = from ? invert(low) : Buffer.from([256 - order]);
  return {
    start: lower(Buffer.concat([prefix, lowest]), to?.open ?? false),
    end: upper(Buffer.concat([prefix, highest]), from ? !from.open : false),
  };
}

// A bound that was cut does not distinguish its neighbours, so it includes them all.

/** Before all keys that begin with these bytes, or after them. */
function lower(bytes: Buffer, after: boolean): Buffer {
  const { bytes: edge, cut } = bound(bytes);
  return after && !cut ? Buffer.concat([edge, LAST]) : edge;
}

function upper(bytes: Buffer, after: boolean): Buffer {
  const { bytes: edge, cut } = bound(bytes);
  return after || cut ? Buffer.concat([edge, LAST]) : edge;
}

/** Fields with one value do not affect the order; the others must be the next fields of the index. */
function orderOf(index: Index, used: number, sort: KeyField[]): 'forward' | 'backward' | undefined {
  if (sort.length === 0) return undefined;
  const constant = index.fields.slice(0, used).map(({ path }) => path);
  const wanted = sort.filter(({ path }) => !constant.includes(path));
  const have = index.fields.slice(used, used + wanted.length);
  if (have.length < wanted.length || have.some(({ path }, i) => path !== wanted[i]!.path)) return undefined;
  const turns = new Set(have.map(({ direction }, i) => direction === wanted[i]!.direction));
  if (turns.size > 1) return undefined;
  return turns.has(false) ? 'backward' : 'forward';
}

/** The records that a plan reaches, each once. */
export function* execute(
  collection: Collection,
  { index, ranges, key, backward }: Plan,
): Generator<StoredRecord> {
  if (!index) {
    yield* collection.scan(backward);
    return;
  }
  if (key) {
    const record = collection.readUnique(index, key);
    if (record) yield record;
    return;
  }
  const seen = index.multikey ? new Set<number>() : undefined;
  const inOrder = backward ? [...ranges].reverse() : ranges;
  for (const range of inOrder) {
    for (const id of collection.scanIndex(index, range, backward)) {
      if (seen?.has(id)) continue;
      seen?.add(id);
      const record = collection.read(id);
      if (record) yield record;
    }
  }
}
