import type { Options } from 'mingo/types';
import { compareValues } from '../bson/key-encoding.ts';
import { isDocument, typeName } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { evaluate, noBranch } from './evaluate.ts';
import { stringExpressions } from './strings.ts';

/** Corrections of mingo's expressions: comparison in BSON order, null in and null out, no silent `$switch`. */
type Expression = (given: unknown, operand: unknown, options: Options) => unknown;

function argumentsOf(given: unknown, operand: unknown, options: Options): unknown[] {
  if (Array.isArray(operand)) return operand.map((item) => evaluate([given], item, options)[0]);
  const date = isDocument(operand) && 'date' in operand ? operand.date : operand;
  return evaluate([given], date, options);
}

/** Of two expressions; missing comes before null here, other than in a filter. */
function comparison(operator: string, result: (order: number) => unknown): Expression {
  return (given, operand, options) => {
    const values = argumentsOf(given, operand, options);
    if (values.length !== 2) {
      refuse(16020, `Expression ${operator} takes exactly 2 arguments. ${values.length} were passed in.`);
    }
    const [left, right] = values;
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

/** `mingoExpressions` are mingo's own, which some of these finish with. */
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
    $first: end('$first', 0),
    $last: end('$last', -1),
    $switch: switchOf(own.$switch!),
    ...stringExpressions,
    ...Object.fromEntries(NULL_OF_NULL.map((name) => [name, nullOfNull(own[name]!)])),
  };
  return corrected as Record<`$${string}`, never>;
}
