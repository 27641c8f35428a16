import { refuse } from '../errors.ts';
import { sortKeyPart, type KeyField } from './index-keys.ts';
import { entriesOf, isDocument, toNumber, type Doc } from './values.ts';

/** A sort specification, in order. */
export function parseSort(spec: unknown): KeyField[] {
  if (spec === undefined || spec === null) return [];
  if (!isDocument(spec)) refuse('TypeMismatch', 'Expected field sort to be of type object');
  return entriesOf(spec).map(([path, direction]) => {
    const number = toNumber(direction);
    if (number === undefined) {
      refuse(15974, `Illegal key in $sort specification: ${path}: ${String(direction)}`);
    }
    if (number !== 1 && number !== -1) {
      refuse(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    if (path === '') refuse(40352, 'FieldPath cannot be constructed with empty string');
    return { path, parts: path.split('.'), direction: number };
  });
}

/** Sorts in BSON order, stably. */
export function sortBy<T>(items: T[], fields: KeyField[], docOf: (item: T) => Doc): T[] {
  return items
    .map((item) => ({ item, key: Buffer.concat(fields.map((field) => sortKeyPart(field, docOf(item)))) }))
    .sort((left, right) => Buffer.compare(left.key, right.key))
    .map(({ item }) => item);
}
