import * as mingo from 'mingo/operators/accumulator';
import type { Options } from 'mingo/types';
import { encodeKey } from '../bson/key-encoding.ts';
import { isDocument, mapFields, setField, withoutMissing, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

/** An expression as mingo runs it. */
export type Expression = (given: unknown, operand: unknown, options: Options) => unknown;

/** The operands of an expression that takes this many. */
export function operands(operator: string, count: number, operand: unknown): unknown[] {
  const list: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (list.length === count) return list;
  refuse(16020, `Expression ${operator} takes exactly ${count} arguments. ${list.length} were passed in.`);
}

/** The values of an expression for each document; `undefined` where it is missing. */
export function evaluate(docs: unknown[], expression: unknown, options: Options): unknown[] {
  // mingo makes a missing value null, but not inside an array.
  const wrapped = mingo.$push(docs, [expression] as never, options) as [unknown][];
  return wrapped.map(([value]) => settled(value));
}

/** Without missing fields, and with null for missing items, as in a document of the server. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => settled(item) ?? null);
  return isDocument(value) ? mapFields(withoutMissing(value), settled) : value;
}

/** The error of a `$switch` without a matching branch. The server rewrites `$bucket` to a `$switch`. */
export function noBranch(): never {
  const message = '$switch could not find a matching branch for an input, and no default was specified.';
  refuse(40066, message);
}

/** A key for a Map: equal exactly for values that are equal in BSON. */
export function keyText(value: unknown): string {
  return encodeKey(value).toString('latin1');
}

/** A copy in which a dotted path through documents has this value; `undefined` removes the field. */
export function withPath(doc: Doc, [first, ...rest]: string[], value: unknown): Doc {
  const copy = { ...doc };
  const inner = Object.hasOwn(doc, first!) ? doc[first!] : undefined;
  const next = rest.length === 0 ? value : withPath(isDocument(inner) ? inner : {}, rest, value);
  if (next === undefined) delete copy[first!];
  else setField(copy, first!, next);
  return copy;
}
