import { shellText } from '../bson/shell-text.ts';
import { bsonType, isDocument, toNumber, typeName } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import { evaluate, operands, type Expression } from './evaluate.ts';

// Corrections of mingo's expressions on strings. mingo fails or answers null where the server reads a number or a
// date as a string and null as "".

/** A value as a string. Throws 16007 for a value that the server does not convert. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (toNumber(value) !== undefined || bsonType(value) === 'BSONSymbol') return `${value as number}`;
  refuse(16007, `can't convert from BSON type ${typeName(value)} to String`);
}

function cased(operator: string, change: (text: string) => string): Expression {
  return (given, operand, options) => {
    const [text] = operands(operator, 1, operand);
    return change(textOf(evaluate([given], text, options)[0]));
  };
}

/** Like the server, these change only the letters of ASCII. */
const upper = (text: string) => text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
const lower = (text: string) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

const $size: Expression = (given, operand, options) => {
  const [list] = evaluate([given], operands('$size', 1, operand)[0], options);
  if (Array.isArray(list)) return list.length;
  refuse(17124, `The argument to $size must be an array, but was of type: ${typeName(list)}`);
};

const SPACE = '\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';

function trim(operator: string, ends: { left: boolean; right: boolean }): Expression {
  return (given, operand, options) => {
    if (!isDocument(operand)) {
      refuse(50696, `${operator} only supports an object as an argument, found ${typeName(operand)}`);
    }
    const unknown = Object.keys(operand).find((name) => name !== 'input' && name !== 'chars');
    if (unknown) refuse(50694, `${operator} found an unknown argument: ${unknown}`);
    if (!('input' in operand)) refuse(50695, `${operator} requires an 'input' field`);
    const [input] = evaluate([given], operand.input, options);
    if (input === undefined || input === null) return null;
    const wrong = (value: unknown) => `got ${shellText(value)} (of type ${typeName(value)}) instead.`;
    if (typeof input !== 'string') {
      refuse(50699, `${operator} requires its input to be a string, ${wrong(input)}`);
    }
    const [chars] = 'chars' in operand ? evaluate([given], operand.chars, options) : [SPACE];
    if (chars === undefined || chars === null) return null;
    if (typeof chars !== 'string') {
      refuse(50700, `${operator} requires 'chars' to be a string, ${wrong(chars)}`);
    }
    const cut = new Set(chars);
    const points = [...input];
    const from = ends.left ? points.findIndex((point) => !cut.has(point)) : 0;
    const last = ends.right ? points.findLastIndex((point) => !cut.has(point)) : points.length - 1;
    return from < 0 ? '' : points.slice(from, last + 1).join('');
  };
}

const $substrBytes: Expression = (given, operand, options) => {
  const list = operands('$substrBytes', 3, operand);
  const [text, start, length] = evaluate([given], list, options)[0] as unknown[];
  const bytes = Buffer.from(textOf(text));
  const from = toNumber(start);
  const count = toNumber(length);
  const wrong = (code: number, what: string) => new ServerError(code, `$substrBytes:  ${what}`);
  if (from === undefined) {
    throw wrong(16034, `starting index must be a numeric type (is BSON type ${typeName(start)})`);
  }
  if (count === undefined) {
    throw wrong(16035, `length must be a numeric type (is BSON type ${typeName(length)})`);
  }
  if (from < 0) throw wrong(50752, `starting index must be non-negative (got: ${from})`);
  const [at, end] = [Math.trunc(from), count < 0 ? bytes.length : Math.trunc(from) + Math.trunc(count)];
  const isInside = (place: number) => ((bytes[place] ?? 0) & 0xc0) === 0x80;
  if (isInside(at)) throw wrong(28656, 'Invalid range, starting index is a UTF-8 continuation byte.');
  if (isInside(end)) throw wrong(28657, 'Invalid range, ending index is in the middle of a UTF-8 character.');
  return bytes.subarray(at, end).toString();
};

const $substrCP: Expression = (given, operand, options) => {
  const list = operands('$substrCP', 3, operand);
  const [text, ...range] = evaluate([given], list, options)[0] as unknown[];
  const [from, count] = range.map((value, place) => {
    const name = place === 0 ? 'starting index' : 'length';
    const number = toNumber(value);
    if (number === undefined) {
      const message = `$substrCP: ${name} must be a numeric type (is BSON type ${typeName(value)})`;
      refuse(34450 + 2 * place, message);
    }
    if (number === (number | 0)) return number;
    refuse(
      34451 + 2 * place,
      `$substrCP: ${name} cannot be represented as a 32-bit integral value: ${number}`,
    );
  }) as [number, number];
  if (count < 0) refuse(34454, '$substrCP: length must be a nonnegative integer.');
  if (from < 0) refuse(34455, '$substrCP: the starting index must be nonnegative integer.');
  return [...textOf(text)].slice(from, from + count).join('');
};

const $concat: Expression = (given, operand, options) => {
  const parts = evaluate([given], Array.isArray(operand) ? operand : [operand], options)[0] as unknown[];
  const wrong = parts.find((part) => typeof part !== 'string');
  // The server reads from left to right, so a null only counts before a value of another type.
  if (wrong === undefined) return parts.join('');
  return wrong === null ? null : refuse(16702, `$concat only supports strings, not ${typeName(wrong)}`);
};

function length(operator: string, code: number, measure: (text: string) => number): Expression {
  return (given, operand, options) => {
    const [text] = evaluate([given], operands(operator, 1, operand)[0], options);
    if (typeof text === 'string') return measure(text);
    refuse(code, `${operator} requires a string argument, found: ${typeName(text)}`);
  };
}

export const stringExpressions: Record<string, Expression> = {
  $toUpper: cased('$toUpper', upper),
  $toLower: cased('$toLower', lower),
  $size,
  $concat,
  $strLenBytes: length('$strLenBytes', 34473, (text) => Buffer.byteLength(text)),
  $strLenCP: length('$strLenCP', 34471, (text) => [...text].length),
  $trim: trim('$trim', { left: true, right: true }),
  $ltrim: trim('$ltrim', { left: true, right: false }),
  $rtrim: trim('$rtrim', { left: false, right: true }),
  $substr: $substrBytes,
  $substrBytes,
  $substrCP,
};
