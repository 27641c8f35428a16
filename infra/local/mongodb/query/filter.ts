import { BSONRegExp, BSONType } from 'bson';
import { entriesOf, isDocument, setField, toNumber, truthy, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { bitPlaces } from './bit-operators.ts';

const LISTS = ['$and', '$or', '$nor'];
const UNSERVED = ['$where', '$text', '$jsonSchema'];

function bad(message: string): never {
  refuse('BadValue', message);
}

/**
 * A filter in one canonical form, each field with an operator: `{ a: 1 }` becomes `{ a: { $eq: 1 } }`. Refuses
 * what the server refuses, with its codes, because mingo accepts much of it silently.
 */
export function checkFilter(filter: unknown): Doc {
  if (!isDocument(filter)) bad('query filter must be a document');
  const checked: Doc = {};
  for (const [name, value] of entriesOf(filter)) {
    if (LISTS.includes(name)) setField(checked, name, checkList(name, value));
    else if (name === '$expr') checked.$expr = value;
    else if (name === '$comment') continue;
    else if (UNSERVED.includes(name)) bad(`${name} is not served by this store`);
    else if (name.startsWith('$')) {
      bad(
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, ` +
          'consider using $getField or $setField.',
      );
    } else setField(checked, name, checkField(name, value));
  }
  return checked;
}

function checkList(name: string, value: unknown): Doc[] {
  if (!Array.isArray(value)) bad(`${name} must be an array`);
  if (value.length === 0) bad('$and/$or/$nor must be a nonempty array');
  return value.map((entry) => {
    if (!isDocument(entry)) bad('$or/$and/$nor entries need to be full objects');
    return checkFilter(entry);
  });
}

/** True for `{ $gt: 1 }`: operators on a field, not a value to equal. A DBRef is a value. */
export function isOperators(value: unknown): value is Doc {
  if (!isDocument(value)) return false;
  const first = entriesOf(value)[0]?.[0];
  return first?.startsWith('$') === true && !['$ref', '$id', '$db'].includes(first);
}

function checkField(path: string, value: unknown): Doc {
  if (value instanceof BSONRegExp) return { $regex: toRegExp(value.pattern, value.options) };
  if (value instanceof RegExp) return { $regex: value };
  if (!isOperators(value)) return { $eq: value };
  const checked: Doc = {};
  for (const [operator, operand] of entriesOf(value)) {
    if (!operator.startsWith('$')) bad(`unknown operator: ${operator}`);
    if (operator === '$options') {
      if (!('$regex' in value)) bad('$options needs a $regex');
      continue;
    }
    checked[operator] = operator === '$regex' ? checkRegex(value) : checkOperand(path, operator, operand);
  }
  return checked;
}

function checkRegex(value: Doc): RegExp {
  const { $regex: pattern, $options: options } = value;
  if (options !== undefined && typeof options !== 'string') bad('$options has to be a string');
  if (pattern instanceof BSONRegExp) return toRegExp(pattern.pattern, options ?? pattern.options);
  if (pattern instanceof RegExp) return toRegExp(pattern.source, options ?? pattern.flags);
  if (typeof pattern !== 'string') bad('$regex has to be a string');
  return toRegExp(pattern, options ?? '');
}

function toRegExp(pattern: string, options: string): RegExp {
  const unknown = /[^imsux]/.exec(options)?.[0];
  if (unknown) refuse(51108, `invalid flag in regex options: ${unknown}`);
  if (options.includes('x')) bad("the regex option 'x' is not served by this store");
  try {
    return new RegExp(pattern, options.replace('u', ''));
  } catch (error) {
    refuse(51091, `Regular expression is invalid: ${(error as Error).message}`);
  }
}

function checkOperand(path: string, operator: string, operand: unknown): unknown {
  switch (operator) {
    case '$in':
    case '$nin':
      if (!Array.isArray(operand)) bad(`${operator} needs an array`);
      if (operand.some(isOperators)) bad(`cannot nest $ under ${operator}`);
      return (operand as unknown[]).map(asPattern);
    case '$all':
      if (!Array.isArray(operand)) bad('$all needs an array');
      return (operand as unknown[]).map((item) =>
        isDocument(item) && '$elemMatch' in item
          ? { $elemMatch: checkElement(item.$elemMatch) }
          : asPattern(item),
      );
    case '$not':
      if (isPattern(operand)) return checkField(path, operand);
      if (!isOperators(operand)) bad('$not needs a regex or a document');
      return checkField(path, operand);
    case '$elemMatch':
      return checkElement(operand);
    case '$exists':
      return truthy(operand);
    case '$size': {
      const size = toNumber(operand);
      if (size === undefined || !Number.isInteger(size))
        bad(`Failed to parse $size. Expected a number in: $size`);
      if (size < 0) bad(`Failed to parse $size. Expected a non-negative number in: $size: ${size}`);
      return size;
    }
    case '$mod':
      return checkMod(operand);
    case '$type':
      return (Array.isArray(operand) ? (operand as unknown[]) : [operand]).map(checkTypeName);
    case '$ne':
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      if (isPattern(operand)) bad(`Can't have regex as arg to ${operator}.`);
      return operand;
    case '$bitsAllClear':
    case '$bitsAllSet':
    case '$bitsAnyClear':
    case '$bitsAnySet':
      return bitPlaces(path, operand);
    case '$eq':
      return operand;
    default:
      return bad(`unknown operator: ${operator}`);
  }
}

/** After the first stage a pattern has the form that mingo computes on. */
const isPattern = (value: unknown) => value instanceof BSONRegExp || value instanceof RegExp;

function asPattern(value: unknown): unknown {
  return value instanceof BSONRegExp ? toRegExp(value.pattern, value.options) : value;
}

function checkElement(criteria: unknown): Doc {
  if (!isDocument(criteria)) bad('$elemMatch needs an Object');
  return testsItem(criteria) ? checkField('', criteria) : checkFilter(criteria);
}

/** True for criteria of `$elemMatch` that are operators on the item, not a query on its fields. */
export function testsItem(criteria: Doc): boolean {
  const first = Object.keys(criteria)[0] ?? '';
  return isOperators(criteria) && !LISTS.includes(first) && first !== '$expr';
}

function checkMod(operand: unknown): [number, number] {
  if (!Array.isArray(operand)) bad('malformed mod, needs to be an array');
  if (operand.length < 2) bad('malformed mod, not enough elements');
  if (operand.length > 2) bad('malformed mod, too many elements');
  const [divisor, remainder] = operand.map(toNumber);
  if (divisor === undefined) bad('malformed mod, divisor not a number');
  if (remainder === undefined) bad('malformed mod, remainder not a number');
  if (Math.trunc(divisor) === 0) bad('divisor cannot be 0');
  return [Math.trunc(divisor), Math.trunc(remainder)];
}

function checkTypeName(value: unknown): string {
  if (typeof value === 'string') {
    return value === 'number' || Object.hasOwn(BSONType, value)
      ? value
      : bad(`Unknown type name alias: ${value}`);
  }
  const number = toNumber(value);
  if (number === undefined) bad(`type must be represented as a number or a string, not ${typeName(value)}`);
  const known = Object.entries(BSONType).find(([, code]) => code === number);
  return known?.[0] ?? bad(`Invalid numerical type code: ${number}`);
}
