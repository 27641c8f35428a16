import { Int32, Timestamp } from 'bson';
import { bitwise, calculate } from '../bson/arithmetic.ts';
import { compareValues } from '../bson/key-encoding.ts';
import { shellText } from '../bson/shell-text.ts';
import { bsonType, entriesOf, isDocument, isNumeric, typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import { arrayOperators } from './array-operators.ts';
import { setAt, unsetAt, valueAt, type Apply } from './paths.ts';

/**
 * The update operators on BSON values. mingo's updater computes on JavaScript numbers, so that a double or a
 * long would get another type, and it ignores what the server refuses.
 */
export const updateOperators: Record<string, Apply> = {
  $set: setAt,
  $setOnInsert: setAt,
  $unset: (doc, at) => unsetAt(doc, at),
  $inc: (doc, at, operand) => compute('add', '$inc', doc, at, operand),
  $mul: (doc, at, operand) => compute('mul', '$mul', doc, at, operand),
  $min: (doc, at, operand) => choose(doc, at, operand, -1),
  $max: (doc, at, operand) => choose(doc, at, operand, 1),
  $currentDate: currentDate,
  $bit: bit,
  ...arrayOperators,
};

function compute(operation: 'add' | 'mul', name: string, doc: Doc, at: string[], operand: unknown): void {
  const current = valueAt(doc, at);
  if (!isNumeric(operand)) {
    const verb = operation === 'add' ? 'increment' : 'multiply';
    refuse(
      'TypeMismatch',
      `Cannot ${verb} with non-numeric argument: {${at.join('.')}: ${shellText(operand)}}`,
    );
  }
  if (current === undefined) {
    return setAt(doc, at, operation === 'add' ? operand : calculate('mul', new Int32(0), operand));
  }
  if (!isNumeric(current)) {
    refuse(
      'TypeMismatch',
      `Cannot apply ${name} to a value of non-numeric type. {_id: ${shellText(doc._id)}} has the field ` +
        `'${at[at.length - 1]}' of non-numeric type ${typeName(current)}`,
    );
  }
  const result = calculate(operation, current, operand);
  if (result === undefined) {
    refuse(
      'BadValue',
      `Failed to apply ${name} operations to current value ((NumberLong)${shellText(current)}) for document ` +
        `{_id: ${shellText(doc._id)}}`,
    );
  }
  setAt(doc, at, result);
}

function choose(doc: Doc, at: string[], operand: unknown, direction: number): void {
  const current = valueAt(doc, at);
  if (current === undefined || compareValues(operand, current) * direction > 0) setAt(doc, at, operand);
}

function currentDate(doc: Doc, at: string[], operand: unknown): void {
  const type = isDocument(operand) ? operand.$type : operand === true ? 'date' : undefined;
  if (type === 'timestamp') {
    setAt(doc, at, new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 }));
  } else if (type === 'date' || operand === false) {
    setAt(doc, at, new Date());
  } else if (isDocument(operand)) {
    refuse('BadValue', `The '$type' string field is required to be 'date' or 'timestamp'`);
  } else {
    refuse(
      'BadValue',
      `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type ` +
        `expression ({$type: 'timestamp/date'}).`,
    );
  }
}

function bit(doc: Doc, at: string[], operand: unknown): void {
  if (!isDocument(operand)) {
    const message = `The $bit modifier is not compatible with a ${typeName(operand)}. You must pass in an embedded document`;
    refuse('BadValue', message);
  }
  let value: unknown = valueAt(doc, at) ?? new Int32(0);
  const isWhole = (number: unknown) => bsonType(number) === 'Int32' || bsonType(number) === 'Long';
  if (!isWhole(value)) {
    refuse(
      'BadValue',
      `Cannot apply $bit to a value of non-integral type._id: ${shellText(doc._id)} has the field ` +
        `${at[at.length - 1]} of non-integer type ${typeName(value)}`,
    );
  }
  for (const [operation, number] of entriesOf(operand)) {
    if (!['and', 'or', 'xor'].includes(operation)) {
      const message = `The $bit modifier only supports 'and', 'or', and 'xor', not '${operation}' which is an unknown operator`;
      refuse('BadValue', message);
    }
    if (!isWhole(number)) refuse('BadValue', `The $bit modifier field must be an Integer(32/64 bit)`);
    value = bitwise(operation, value, number);
  }
  setAt(doc, at, value);
}
