import { BSONRegExp } from 'bson';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { compareValues, equalValues, Order, orderClass } from '../bson/key-encoding.ts';
import { candidates, leaves } from '../bson/paths.ts';
import { bsonType, isDocument, toComputable, toNumber, typeName, type Doc } from '../bson/values.ts';
import { testsItem } from './filter.ts';
import { bitOperators } from './bit-operators.ts';

/**
 * Corrections of mingo's query operators. mingo compares JavaScript values: it sorts arrays and fields before
 * it compares them, orders types by their names and has one kind of number. These compare as BSON does.
 * The other operators ($and, $or, $nor and $not) are mingo's.
 */
type Predicate = (doc: Doc) => boolean;
type Operator = (path: string, operand: never, options: Options) => Predicate;

export function matchesRegExp(value: unknown, pattern: RegExp): boolean {
  if (typeof value === 'string') return pattern.test(value);
  if (bsonType(value) === 'BSONSymbol') return pattern.test(String(value));
  if (value instanceof BSONRegExp) return value.pattern === pattern.source;
  return false;
}

function isNaNValue(value: unknown): boolean {
  return Number.isNaN(toNumber(value) ?? 0);
}

/** `$gt`, `$gte`, `$lt`, `$lte`: within one class of types; NaN equals NaN and is not more or less than any number. */
function ordered(accept: (order: number) => boolean): Operator {
  return (path: string, operand: unknown) => {
    const order = orderClass(operand);
    const everything = order === Order.minKey || order === Order.maxKey;
    const nan = isNaNValue(operand);
    return (doc) =>
      candidates(doc, path).some((value) => {
        if (everything) return accept(compareValues(value, operand));
        if (orderClass(value) !== order) return false;
        if (nan || isNaNValue(value)) return accept(0) && nan && isNaNValue(value);
        return accept(compareValues(value, operand));
      });
  };
}

const $eq = (path: string, operand: unknown): Predicate => {
  return (doc) => candidates(doc, path).some((value) => equalValues(value, operand));
};

const $in = (path: string, operands: unknown[]): Predicate => {
  const patterns = operands.filter((item) => item instanceof RegExp);
  const values = operands.filter((item) => !(item instanceof RegExp));
  return (doc) =>
    candidates(doc, path).some(
      (value) =>
        values.some((item) => equalValues(value, item)) ||
        patterns.some((pattern) => matchesRegExp(value, pattern)),
    );
};

const $regex = (path: string, pattern: RegExp): Predicate => {
  return (doc) => candidates(doc, path).some((value) => matchesRegExp(value, pattern));
};

const $exists = (path: string, wanted: boolean): Predicate => {
  return (doc) => leaves(doc, path).some((value) => value !== undefined) === wanted;
};

const $size = (path: string, size: number): Predicate => {
  return (doc) => leaves(doc, path).some((value) => Array.isArray(value) && value.length === size);
};

const $mod = (path: string, [divisor, remainder]: [number, number]): Predicate => {
  return (doc) =>
    candidates(doc, path).some((value) => {
      const number = toNumber(value);
      return number !== undefined && Math.trunc(number) % divisor === remainder;
    });
};

const $type = (path: string, names: string[]): Predicate => {
  return (doc) =>
    candidates(doc, path).some((value) => {
      if (value === undefined) return false;
      const name = typeName(value);
      return names.includes(name) || (names.includes('number') && orderClass(value) === Order.number);
    });
};

const $elemMatch = (path: string, criteria: Doc, options: Options): Predicate => {
  const test = elementTest(criteria, options);
  return (doc) => leaves(doc, path).some((value) => Array.isArray(value) && value.some(test));
};

/** A test of the items of an array by the criteria of `$elemMatch`. */
export function elementTest(criteria: Doc, options: Options): (item: unknown) => boolean {
  if (testsItem(criteria)) {
    const query = new Query({ item: criteria }, options);
    return (item) => query.test({ item });
  }
  const query = new Query(criteria, options);
  return (item) => {
    if (Array.isArray(item)) return query.test(Object.fromEntries(Object.entries(item)));
    return isDocument(item) && query.test(item);
  };
}

const $all = (path: string, operands: unknown[], options: Options): Predicate => {
  if (operands.length === 0) return () => false;
  const tests = operands.map((operand): Predicate => {
    if (operand instanceof RegExp) return $regex(path, operand);
    if (isDocument(operand) && Object.keys(operand)[0] === '$elemMatch') {
      return $elemMatch(path, operand.$elemMatch as Doc, options);
    }
    return $eq(path, operand);
  });
  return (doc) => tests.every((test) => test(doc));
};

const $expr = (mingoExpr: Operator): Operator => {
  return (path: string, expression: unknown, options: Options) => {
    const test = mingoExpr(path, toComputable(expression) as never, options);
    return (doc) => test(toComputable(doc) as Doc);
  };
};

/** `mingoExpr` is mingo's own `$expr`, which gets JavaScript numbers. */
export function corrections(mingoExpr: Operator): Record<`$${string}`, never> {
  const operators: Record<string, Operator> = {
    $eq,
    $ne: (path, operand) => (doc) => !$eq(path, operand)(doc),
    $gt: ordered((order) => order > 0),
    $gte: ordered((order) => order >= 0),
    $lt: ordered((order) => order < 0),
    $lte: ordered((order) => order <= 0),
    $in,
    $nin: (path, operands) => {
      const test = $in(path, operands);
      return (doc) => !test(doc);
    },
    $regex,
    $exists,
    $size,
    $mod,
    $type,
    $elemMatch,
    $all,
    $expr: $expr(mingoExpr),
    ...bitOperators,
  };
  return operators as Record<`$${string}`, never>;
}
