import { Decimal128, Double, Int32, Long } from 'bson';
import { Decimal } from 'decimal.js';
import { bsonType, toNumber } from './values.ts';

const Exact = Decimal.clone({ precision: 34, toExpNeg: -7, toExpPos: 34 });

type Operation = 'add' | 'mul';

/**
 * The sum or product with the type that the server gives it: decimal before double before long before int, and
 * an int that outgrows 32 bits becomes a long. Undefined when a long overflows.
 */
export function calculate(operation: Operation, left: unknown, right: unknown): unknown {
  const types = [bsonType(left), bsonType(right)];
  if (types.includes('Decimal128')) {
    const [a, b] = [new Exact(decimalText(left)), new Exact(decimalText(right))];
    return Decimal128.fromString((operation === 'add' ? a.add(b) : a.mul(b)).toString());
  }
  const isWhole = (type: string | undefined) => type === 'Int32' || type === 'Long';
  if (!types.every(isWhole)) {
    const [a, b] = [toNumber(left)!, toNumber(right)!];
    return new Double(operation === 'add' ? a + b : a * b);
  }
  const [a, b] = [whole(left), whole(right)];
  const result = operation === 'add' ? a + b : a * b;
  if (BigInt.asIntN(64, result) !== result) return undefined;
  if (!types.includes('Long') && BigInt.asIntN(32, result) === result) return new Int32(Number(result));
  return Long.fromBigInt(result);
}

/** `$bit` on ints and longs. */
export function bitwise(operation: string, left: unknown, right: unknown): unknown {
  const [a, b] = [whole(left), whole(right)];
  const result = operation === 'and' ? a & b : operation === 'or' ? a | b : a ^ b;
  const long = bsonType(left) === 'Long' || bsonType(right) === 'Long';
  return long ? Long.fromBigInt(BigInt.asIntN(64, result)) : new Int32(Number(BigInt.asIntN(32, result)));
}

function whole(value: unknown): bigint {
  return value instanceof Long ? value.toBigInt() : BigInt(toNumber(value)!);
}

function decimalText(value: unknown): string {
  return value instanceof Long || value instanceof Decimal128 ? value.toString() : String(toNumber(value));
}
