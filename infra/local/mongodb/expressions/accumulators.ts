import { Decimal128 } from 'bson';
import type { Options } from 'mingo/types';
import { calculate } from '../bson/arithmetic.ts';
import { compareValues } from '../bson/key-encoding.ts';
import { shellText } from '../bson/shell-text.ts';
import { parseSort, sortBy } from '../bson/sort.ts';
import { isDocument, toNumber, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, keyText } from './evaluate.ts';

/**
 * Corrections of mingo's accumulators, for groups and expressions. mingo does not use BSON's order, pushes
 * missing values, and answers NaN or fails where there is no value to accumulate.
 * Without an expression (null) the items are the values.
 */
type Accumulator = (items: unknown[], expression: unknown, options: Options) => unknown;
type Fold = (values: unknown[]) => unknown;

function valuesOf(items: unknown[], expression: unknown, options: Options): unknown[] {
  return expression === null || expression === undefined ? items : evaluate(items, expression, options);
}

const folding =
  (fold: Fold): Accumulator =>
  (items, expression, options) =>
    fold(valuesOf(items, expression, options));

const present = (values: unknown[]) => values.filter((value) => value !== undefined && value !== null);
const numbers = (values: unknown[]) => values.filter((value) => typeof value === 'number');
const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

/** Exact where a decimal is among the numbers, and a decimal then. */
function sum(values: unknown[]): unknown {
  if (!values.some((value) => value instanceof Decimal128)) return total(numbers(values));
  return values
    .filter((value) => toNumber(value) !== undefined)
    .reduce((before, value) => calculate('add', before, value));
}

function extreme(direction: 1 | -1): Fold {
  return (values) =>
    present(values).reduce<unknown>(
      (best, value) => (best === null || compareValues(value, best) * direction > 0 ? value : best),
      null,
    );
}

function deviation(values: unknown[], lost: 0 | 1): number | null {
  const data = numbers(values);
  if (data.length <= lost) return null;
  const mean = total(data) / data.length;
  return Math.sqrt(total(data.map((value) => (value - mean) ** 2)) / (data.length - lost));
}

function distinct(values: unknown[]): unknown[] {
  const found = new Map<string, unknown>();
  for (const value of values) {
    const key = keyText(value);
    if (value !== undefined && !found.has(key)) found.set(key, value);
  }
  return [...found.values()];
}

function mergeObjects(values: unknown[]): Doc {
  return present(values).reduce<Doc>((merged, value) => {
    if (isDocument(value)) return { ...merged, ...value };
    const given = `input ${shellText(value)} is of type ${typeName(value)}`;
    refuse(40400, `$mergeObjects requires object inputs, but ${given}`);
  }, {});
}

/** For each share the smallest number that this share of the numbers does not exceed; null without numbers. */
function percentiles(values: unknown[], shares: unknown[]): (number | null)[] {
  const sorted = numbers(values).sort((left, right) => left - right);
  return shares.map((share) => {
    if (typeof share !== 'number' || share < 0 || share > 1) {
      const message = `Members of 'p' must be numbers from the range [0.0, 1.0], but received ${shellText(share)}`;
      refuse(7750303, message);
    }
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  });
}

/** The folds that groups and expressions share. */
const folds: Record<string, Fold> = {
  $sum: sum,
  $avg: (values) => {
    const data = numbers(values);
    return data.length === 0 ? null : total(data) / data.length;
  },
  $min: extreme(-1),
  $max: extreme(1),
  $stdDevPop: (values) => deviation(values, 0),
  $stdDevSamp: (values) => deviation(values, 1),
  $mergeObjects: mergeObjects,
};

function field(expression: unknown, name: string, operator: string): unknown {
  if (isDocument(expression) && expression[name] !== undefined) return expression[name];
  refuse('FailedToParse', `${operator} needs an object with the field '${name}'`);
}

function countOf(expression: unknown, operator: string, options: Options): number {
  const [count] = evaluate([{}], field(expression, 'n', operator), options);
  const number = toNumber(count);
  if (number === undefined || !Number.isInteger(number) || number < 1) {
    refuse(5787902, `${operator}: 'n' must be greater than 0, found ${shellText(count)}`);
  }
  return number;
}

/** `$top`, `$bottom` and their forms with `n`: the output of the first or last documents in an order. */
function ranked(operator: string, end: 'top' | 'bottom', many: boolean): Accumulator {
  return (items, expression, options) => {
    const fields = parseSort(field(expression, 'sortBy', operator));
    const count = many ? countOf(expression, operator, options) : 1;
    const sorted = sortBy(items as Doc[], fields, (doc) => doc);
    const chosen = end === 'top' ? sorted.slice(0, count) : sorted.slice(-count);
    const output = evaluate(chosen, field(expression, 'output', operator), options);
    const found = output.map((value) => value ?? null);
    return many ? found : (found[0] ?? null);
  };
}

function outermost(operator: string, direction: 1 | -1): Accumulator {
  return (items, expression, options) =>
    present(evaluate(items, field(expression, 'input', operator), options))
      .sort((left, right) => compareValues(left, right) * direction)
      .slice(0, countOf(expression, operator, options));
}

function checkMethod(expression: unknown, operator: string): void {
  if (field(expression, 'method', operator) !== 'approximate') {
    refuse('BadValue', `Currently only 'approximate' can be used as ${operator} 'method'.`);
  }
}

const $percentile: Accumulator = (items, expression, options) => {
  checkMethod(expression, '$percentile');
  const [shares] = evaluate([{}], field(expression, 'p', '$percentile'), options);
  if (!Array.isArray(shares) || shares.length === 0) {
    refuse(7750301, "$percentile: 'p' must be an array of at least one number");
  }
  return percentiles(evaluate(items, field(expression, 'input', '$percentile'), options), shares);
};

const $median: Accumulator = (items, expression, options) => {
  checkMethod(expression, '$median');
  return percentiles(evaluate(items, field(expression, 'input', '$median'), options), [0.5])[0];
};

const accumulators: Record<string, Accumulator> = {
  ...Object.fromEntries(Object.entries(folds).map(([name, fold]) => [name, folding(fold)])),
  $push: folding((values) => values.filter((value) => value !== undefined)),
  $addToSet: folding(distinct),
  $top: ranked('$top', 'top', false),
  $topN: ranked('$topN', 'top', true),
  $bottom: ranked('$bottom', 'bottom', false),
  $bottomN: ranked('$bottomN', 'bottom', true),
  $minN: outermost('$minN', 1),
  $maxN: outermost('$maxN', -1),
  $percentile,
  $median,
};

/** A fold as an expression, over its arguments, or over the items of its only argument if that is an array. */
function asExpression(fold: Fold): Accumulator {
  return (given, expression, options) => {
    // mingo calls the expression, too, to accumulate a list of documents.
    if (Array.isArray(given)) return fold(valuesOf(given, expression, options));
    const one = !Array.isArray(expression) || expression.length === 1;
    const values = evaluate([given], expression, options)[0];
    const only: unknown = one && Array.isArray(expression) ? (values as unknown[])[0] : values;
    return fold(Array.isArray(only) ? only : [only]);
  };
}

const expressions = Object.fromEntries(
  Object.entries(folds).map(([name, fold]) => [name, asExpression(fold)]),
);

type Operators = Record<`$${string}`, never>;
export const accumulatorCorrections = accumulators as unknown as Operators;
export const expressionCorrections = expressions as unknown as Operators;
