import { compareValues, equalValues } from '../bson/key-encoding.ts';
import { parseSort, sortBy } from '../bson/sort.ts';
import { entriesOf, isDocument, toNumber, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { mingoOptions } from '../query/compile.ts';
import { checkFilter, isOperators } from '../query/filter.ts';
import { elementTest, matchesRegExp } from '../query/operators.ts';
import { setAt, valueAt, type Apply } from './paths.ts';

const MODIFIERS = ['$each', '$slice', '$sort', '$position'];

/** The update operators on arrays. */
export const arrayOperators: Record<string, Apply> = {
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: (doc, at, operand) => {
    if (!Array.isArray(operand)) {
      refuse('BadValue', `$pullAll requires an array argument but was given a ${typeName(operand)}`);
    }
    removeItems(doc, at, '$pull', (item) => operand.some((value) => equalValues(item, value)));
  },
};

function arrayAt(doc: Doc, at: string[], complaint: (type: string) => string): unknown[] | undefined {
  const current = valueAt(doc, at);
  if (current === undefined || Array.isArray(current)) return current as unknown[] | undefined;
  refuse('BadValue', complaint(typeName(current)));
}

function push(doc: Doc, at: string[], operand: unknown): void {
  const array = arrayAt(
    doc,
    at,
    (type) =>
      `The field '${at.join('.')}' must be an array but is of type ${type} in document {_id: ${String(doc._id)}}`,
  );
  if (!isDocument(operand) || !('$each' in operand)) return setAt(doc, at, [...(array ?? []), operand]);
  const unknown = Object.keys(operand).find((name) => !MODIFIERS.includes(name));
  if (unknown) refuse('BadValue', `Unrecognized clause in $push: ${unknown}`);
  const { $each, $slice, $sort, $position } = operand;
  if (!Array.isArray($each)) {
    const message = `The argument to $each in $push must be an array but it was of type: ${typeName($each)}`;
    refuse('BadValue', message);
  }
  let items = [...(array ?? [])];
  const position = $position === undefined ? items.length : wholeNumber($position, '$position');
  items.splice(position < 0 ? Math.max(0, items.length + position) : position, 0, ...($each as unknown[]));
  if ($sort !== undefined) items = sortItems(items, $sort);
  if ($slice !== undefined) {
    const slice = wholeNumber($slice, '$slice');
    items = slice === 0 ? [] : slice < 0 ? items.slice(slice) : items.slice(0, slice);
  }
  setAt(doc, at, items);
}

function wholeNumber(value: unknown, name: string): number {
  const number = toNumber(value);
  if (number === undefined || !Number.isInteger(number)) {
    const message = `The value for ${name} must be an integer value but was given type: ${typeName(value)}`;
    refuse('BadValue', message);
  }
  return number;
}

function sortItems(items: unknown[], spec: unknown): unknown[] {
  const direction = toNumber(spec);
  if (direction === 1 || direction === -1) {
    return items.sort((left, right) => compareValues(left, right) * direction);
  }
  if (!isDocument(spec)) {
    const message =
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields';
    refuse('BadValue', message);
  }
  return sortBy(items, parseSort(spec), (item) => (isDocument(item) ? item : {}));
}

function addToSet(doc: Doc, at: string[], operand: unknown): void {
  const array = arrayAt(
    doc,
    at,
    (type) =>
      `Cannot apply $addToSet to non-array field. Field named '${at[at.length - 1]}' has non-array type ${type}`,
  );
  let values = [operand];
  if (isDocument(operand) && '$each' in operand) {
    if (!Array.isArray(operand.$each)) {
      const message = `The argument to $each in $addToSet must be an array but it was of type ${typeName(operand.$each)}`;
      refuse('TypeMismatch', message);
    }
    values = operand.$each;
  }
  const items = [...(array ?? [])];
  for (const value of values) if (!items.some((item) => equalValues(item, value))) items.push(value);
  setAt(doc, at, items);
}

function pop(doc: Doc, at: string[], operand: unknown): void {
  const end = toNumber(operand);
  if (end !== 1 && end !== -1) refuse('FailedToParse', `$pop expects 1 or -1, found: ${String(operand)}`);
  const current = valueAt(doc, at);
  if (current === undefined) return;
  if (!Array.isArray(current)) {
    const message = `Path '${at.join('.')}' contains an element of non-array type '${typeName(current)}'`;
    refuse('TypeMismatch', message);
  }
  setAt(doc, at, end === 1 ? current.slice(0, -1) : current.slice(1));
}

function pull(doc: Doc, at: string[], operand: unknown): void {
  const { item: checked } = checkFilter({ item: operand }) as { item: Doc };
  if (checked.$regex)
    return removeItems(doc, at, '$pull', (item) => matchesRegExp(item, checked.$regex as RegExp));
  if (isOperators(operand)) return removeItems(doc, at, '$pull', elementTest(checked, mingoOptions()));
  if (!isDocument(operand)) return removeItems(doc, at, '$pull', (item) => equalValues(item, operand));
  if (entriesOf(operand).length === 0) return removeItems(doc, at, '$pull', isDocument);
  removeItems(doc, at, '$pull', elementTest(checkFilter(operand), mingoOptions()));
}

function removeItems(doc: Doc, at: string[], name: string, unwanted: (item: unknown) => boolean): void {
  const array = arrayAt(doc, at, () => `Cannot apply ${name} to a non-array value`);
  if (array?.some(unwanted))
    setAt(
      doc,
      at,
      array.filter((item) => !unwanted(item)),
    );
}
