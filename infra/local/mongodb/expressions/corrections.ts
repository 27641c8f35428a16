import type { Options } from 'mingo/types';
import { compareValues } from '../bson/key-encoding.ts';
import { isDocument, toNumber, typeName } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, noBranch, operands, type Expression } from './evaluate.ts';
import { stringExpressions } from './strings.ts';

/** Corrections of mingo's expressions: comparison in BSON order, null for null, an error of `$switch`. */
function argumentsOf(given: unknown, operand: unknown, options: Options): unknown[] {
  if (Array.isArray(operand)) return operand.map((item) => evaluate([given], item, options)[0]);
  const date = isDocument(operand) && 'date' in operand ? operand.date : operand;
  return evaluate([given], date, options);
}

/** Compares two expressions. Unlike in a filter, missing comes before null. */
function comparison(operator: string, result: (order: number) => unknown): Expression {
  return (given, operand, options) => {
    const [left, right] = operands(operator, 2, operand).map((item) => evaluate([given], item, options)[0]);
    const missing = left === undefined || right === undefined;
    return result(
      missing ? Number(left !== undefined) - Number(right !== undefined) : compareValues(left, right),
    );
  };
}

// mingo fails for these where an argument is null or missing; the server answers null.
const NULL_OF_NULL = [
  ...['$mod', '$pow', '$log', '$slice', '$setUnion', '$setIntersection', '$setDifference'],
  ...['$year', '$month', '$week', '$dayOfYear', '$dayOfMonth', '$dayOfWeek', '$hour', '$minute', '$second'],
  ...['$millisecond', '$isoWeek', '$isoWeekYear', '$isoDayOfWeek'],
];

function nullOfNull(own: Expression): Expression {
  return (given, operand, options) => {
    const values = argumentsOf(given, operand, options);
    return values.some((value) => value === undefined || value === null)
      ? null
      : own(given, operand, options);
  };
}

function switchOf(own: Expression): Expression {
  return (given, operand, options) => {
    if (!isDocument(operand) || 'default' in operand) return own(given, operand, options);
    const none = 'no branch of a $switch';
    const result = own(given, { ...operand, default: { $literal: none } }, options);
    if (result !== none) return result;
    noBranch();
  };
}

function end(operator: string, at: 0 | -1): Expression {
  return (given, operand, options) => {
    const one: unknown = Array.isArray(operand) && operand.length === 1 ? operand[0] : operand;
    const [list] = evaluate([given], one, options);
    if (list === undefined || list === null) return null;
    if (Array.isArray(list)) return list.at(at) as unknown;
    refuse(28689, `${operator}'s argument must be an array, but is ${typeName(list)}`);
  };
}

const $arrayElemAt: Expression = (given, operand, options) => {
  const values = operands('$arrayElemAt', 2, operand).map((item) => evaluate([given], item, options)[0]);
  const [list, at] = values.map((value) => value ?? null);
  if (list === null || at === null) return null;
  if (!Array.isArray(list)) {
    refuse(28689, `$arrayElemAt's first argument must be an array, but is ${typeName(list)}`);
  }
  const index = toNumber(at);
  if (index === undefined) {
    refuse(28690, `$arrayElemAt's second argument must be a numeric value, but is ${typeName(at)}`);
  }
  if (index === (index | 0)) return list.at(index) as unknown;
  const message = `$arrayElemAt's second argument must be representable as a 32-bit integer: ${index}`;
  refuse(28691, message);
};

/** `mingoExpressions` are mingo's own, which some corrections call. */
export function moreExpressions(mingoExpressions: object): Record<`$${string}`, never> {
  const own = mingoExpressions as Record<string, Expression>;
  const order = (value: number) => Math.sign(value);
  const corrected: Record<string, Expression> = {
    $cmp: comparison('$cmp', order),
    $eq: comparison('$eq', (value) => value === 0),
    $ne: comparison('$ne', (value) => value !== 0),
    $gt: comparison('$gt', (value) => value > 0),
    $gte: comparison('$gte', (value) => value >= 0),
    $lt: comparison('$lt', (value) => value < 0),
    $lte: comparison('$lte', (value) => value <= 0),
    $arrayElemAt,
    $first: end('$first', 0),
    $last: end('$last', -1),
    $switch: switchOf(own.$switch!),
    ...stringExpressions,
    ...Object.fromEntries(NULL_OF_NULL.map((name) => [name, nullOfNull(own[name]!)])),
  };
  return corrected as Record<`$${string}`, never>;
}
