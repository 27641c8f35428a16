import { Decimal128, Double, Int32, Long } from 'bson';
import { bsonType, toNumber } from './values.ts';

type Operation = 'add' | 'mul';

/**
 * The sum or product with the type that the server gives it: decimal before double before long before int, and
 * an int that exceeds 32 bits becomes a long. Undefined when a long overflows.
 */
export function calculate(operation: Operation, left: unknown, right: unknown): unknown {
  const types = [bsonType(left), bsonType(right)];
  if (types.includes('Decimal128')) {
    return calculateDecimal(operation, decimalText(left), decimalText(right));
  }
  const isWhole = (type: string | undefined) => type === 'Int32' || type === 'Long';
  if (!types.every(isWhole)) {
    const [a, b] = [toNumber(left)!, toNumber(right)!];
    return new Double(operation === 'add' ? a + b : a * b);
  }
  const [a, b] = [integerOf(left)!, integerOf(right)!];
  const result = operation === 'add' ? a + b : a * b;
  if (BigInt.asIntN(64, result) !== result) return undefined;
  if (!types.includes('Long') && BigInt.asIntN(32, result) === result) return new Int32(Number(result));
  return Long.fromBigInt(result);
}

/** `$bit` on ints and longs. */
export function bitwise(operation: string, left: unknown, right: unknown): unknown {
  const [a, b] = [integerOf(left)!, integerOf(right)!];
  const result = operation === 'and' ? a & b : operation === 'or' ? a | b : a ^ b;
  const long = bsonType(left) === 'Long' || bsonType(right) === 'Long';
  return long ? Long.fromBigInt(BigInt.asIntN(64, result)) : new Int32(Number(BigInt.asIntN(32, result)));
}

/** A number of any kind as an integer; undefined for fractions, NaN and numbers beyond 64 bits. */
export function integerOf(value: unknown): bigint | undefined {
  if (value instanceof Long) return value.toBigInt();
  const number = toNumber(value);
  if (number === undefined || !Number.isInteger(number)) return undefined;
  const whole = value instanceof Decimal128 ? wholeDecimal(value) : BigInt(number);
  return whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** Computed from the digits, because a float does not have all of them. */
function wholeDecimal(value: Decimal128): bigint | undefined {
  const { digits, exponent } = scaled(value.toString())!;
  const power = 10n ** BigInt(Math.abs(exponent));
  if (exponent >= 0) return digits * power;
  return digits % power === 0n ? digits / power : undefined;
}

/** A number as decimal text; a double has 15 exact digits. */
function decimalText(value: unknown): string {
  if (value instanceof Long || value instanceof Decimal128) return value.toString();
  return String(Number(toNumber(value)!.toPrecision(15)));
}

/** `digits * 10^exponent` */
interface Scaled {
  digits: bigint;
  exponent: number;
}

/** Exact, and with the scale that the server keeps: 0.10 and 0.20 are 0.30. */
function calculateDecimal(operation: Operation, left: string, right: string): Decimal128 {
  const [a, b] = [scaled(left), scaled(right)];
  if (!a || !b) {
    const [x, y] = [Number(left), Number(right)];
    return Decimal128.fromString(String(operation === 'add' ? x + y : x * y));
  }
  if (operation === 'mul')
    return fromScaled({ digits: a.digits * b.digits, exponent: a.exponent + b.exponent });
  const exponent = Math.min(a.exponent, b.exponent);
  const at = ({ digits, exponent: own }: Scaled) => digits * 10n ** BigInt(own - exponent);
  return fromScaled({ digits: at(a) + at(b), exponent });
}

/** Undefined for NaN and the infinities. */
export function scaled(text: string): Scaled | undefined {
  const parts = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text);
  if (!parts) return undefined;
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return { digits, exponent: Number(power) - fraction.length };
}

function fromScaled({ digits, exponent }: Scaled): Decimal128 {
  return Decimal128.fromStringWithRounding(`${digits}E${exponent}`);
}
