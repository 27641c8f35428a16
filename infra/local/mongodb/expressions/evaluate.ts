import * as mingo from 'mingo/operators/accumulator';
import type { Options } from 'mingo/types';
import { encodeKey } from '../bson/key-encoding.ts';
import { entriesOf, isDocument, setField, type Doc } from '../bson/values.ts';

/** The values of an expression for each document; `undefined` where it is missing. */
export function evaluate(docs: unknown[], expression: unknown, options: Options): unknown[] {
  // mingo makes a missing value null, but not inside an array.
  const wrapped = mingo.$push(docs, [expression] as never, options) as [unknown][];
  return wrapped.map(([value]) => withoutMissing(value));
}

/** Missing fields fall away and missing items become null, as in a document of the server. */
function withoutMissing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutMissing(item) ?? null);
  if (!isDocument(value)) return value;
  const copy: Doc = {};
  for (const [name, field] of entriesOf(value)) {
    if (field !== undefined) setField(copy, name, withoutMissing(field));
  }
  return copy;
}

/** Equal for values that are equal in BSON, and for them alone: a key of a Map. */
export function keyText(value: unknown): string {
  return encodeKey(value).toString('latin1');
}

/** A copy in which a dotted path through documents has this value; `undefined` takes the field away. */
export function withPath(doc: Doc, [first, ...rest]: string[], value: unknown): Doc {
  const copy = { ...doc };
  const inner = Object.hasOwn(doc, first!) ? doc[first!] : undefined;
  const next = rest.length === 0 ? value : withPath(isDocument(inner) ? inner : {}, rest, value);
  if (next === undefined) delete copy[first!];
  else setField(copy, first!, next);
  return copy;
}
