import * as mingo from 'mingo/operators/accumulator';
import type { Options } from 'mingo/types';
import { encodeKey } from '../bson/key-encoding.ts';
import { isDocument, mapFields, setField, withoutMissing, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

/** The values of an expression for each document; `undefined` where it is missing. */
export function evaluate(docs: unknown[], expression: unknown, options: Options): unknown[] {
  // mingo makes a missing value null, but not inside an array.
  const wrapped = mingo.$push(docs, [expression] as never, options) as [unknown][];
  return wrapped.map(([value]) => settled(value));
}

/** Missing fields fall away and missing items become null, as in a document of the server. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => settled(item) ?? null);
  return isDocument(value) ? mapFields(withoutMissing(value), settled) : value;
}

/** What `$switch`, and `$bucket` which the server makes one of, answer without a branch. */
export function noBranch(): never {
  const message = '$switch could not find a matching branch for an input, and no default was specified.';
  refuse(40066, message);
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
