import type { Binary, BSONRegExp, Code, Decimal128, Long, ObjectId, Timestamp } from 'bson';
import { scaled } from './arithmetic.ts';
import { bsonType, entriesOf, toNumber, typeName, type Doc } from './values.ts';

/**
 * The one definition of BSON's comparison order: values become bytes, and the bytes have the order of the values.
 * Indexes store these bytes; sorts and comparison operators compare them.
 */
export const Order = {
  minKey: 0x05,
  emptyArray: 0x08, // an empty array in an index or a sort comes before null
  null: 0x0a,
  number: 0x10,
  string: 0x20,
  object: 0x30,
  array: 0x38,
  binData: 0x40,
  objectId: 0x48,
  bool: 0x50,
  date: 0x58,
  timestamp: 0x60,
  regex: 0x68,
  code: 0x70,
  maxKey: 0xf0,
} as const;

const CLASSES: Record<string, number> = {
  ...Order,
  missing: Order.null,
  int: Order.number,
  double: Order.number,
  long: Order.number,
  decimal: Order.number,
  symbol: Order.string,
  javascript: Order.code,
  javascriptWithScope: Order.code,
};

/** The class of types that a value compares within; operators like `$gt` match only inside one class. */
export function orderClass(value: unknown): number {
  return CLASSES[typeName(value)]!;
}

class Writer {
  private bytes = Buffer.allocUnsafe(64);
  private length = 0;

  private room(size: number): number {
    if (this.length + size > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    const at = this.length;
    this.length += size;
    return at;
  }
  byte(value: number): void {
    const at = this.room(1);
    this.bytes[at] = value;
  }
  raw(value: Uint8Array): void {
    const at = this.room(value.length);
    this.bytes.set(value, at);
  }
  /** Ends with 00 00, which sorts before any continuation; a zero inside is written as 00 FF. */
  text(value: string): void {
    let rest = Buffer.from(value, 'utf8');
    for (let zero = rest.indexOf(0); zero !== -1; zero = rest.indexOf(0)) {
      this.raw(rest.subarray(0, zero));
      this.byte(0);
      this.byte(0xff);
      rest = rest.subarray(zero + 1);
    }
    this.raw(rest);
    this.byte(0);
    this.byte(0);
  }
  /** IEEE doubles sort as bytes once negative ones are inverted and the sign bit of the others is set. */
  double(value: number): void {
    const at = this.room(8);
    this.bytes.writeDoubleBE(value === 0 ? 0 : value, at);
    if (this.bytes[at]! & 0x80) for (let i = at; i < at + 8; i++) this.bytes[i] = ~this.bytes[i]! & 0xff;
    else this.bytes[at] = this.bytes[at]! | 0x80;
  }
  u64(value: bigint): void {
    const at = this.room(8);
    this.bytes.writeBigUInt64BE(value, at);
  }
  u32(value: number): void {
    const at = this.room(4);
    this.bytes.writeUInt32BE(value, at);
  }
  done(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** The bytes of one value; each is self-delimiting, so that several may be joined to a compound key. */
export function encodeKey(value: unknown): Buffer {
  const out = new Writer();
  write(out, value);
  return out.done();
}

function write(out: Writer, value: unknown): void {
  const order = orderClass(value);
  out.byte(order);
  writeBody(out, order, value);
}

function writeBody(out: Writer, order: number, value: unknown): void {
  switch (order) {
    case Order.number:
      return writeNumber(out, value);
    case Order.string:
      return out.text(typeof value === 'string' ? value : String(value));
    case Order.object:
      for (const [name, field] of entriesOf(value as Doc)) {
        const inner = orderClass(field);
        out.byte(inner);
        out.text(name);
        writeBody(out, inner, field);
      }
      return out.byte(0);
    case Order.array:
      for (const item of value as unknown[]) write(out, item);
      return out.byte(0);
    case Order.binData: {
      const binary = value as Binary;
      const bytes = ArrayBuffer.isView(value)
        ? (value as Uint8Array)
        : binary.buffer.subarray(0, binary.position);
      out.u32(bytes.length);
      out.byte(ArrayBuffer.isView(value) ? 0 : binary.sub_type);
      return out.raw(bytes);
    }
    case Order.objectId:
      return out.raw((value as ObjectId).id);
    case Order.bool:
      return out.byte(value === true ? 1 : 0);
    case Order.date: {
      const millis = (value as Date).getTime();
      return out.u64(BigInt(Number.isNaN(millis) ? 0 : millis) + 2n ** 63n);
    }
    case Order.timestamp: {
      const stamp = value as Timestamp;
      out.u32(stamp.t);
      return out.u32(stamp.i);
    }
    case Order.regex: {
      const pattern = value as BSONRegExp | RegExp;
      out.text(pattern instanceof RegExp ? pattern.source : pattern.pattern);
      return out.text(pattern instanceof RegExp ? pattern.flags : pattern.options);
    }
    case Order.code:
      return out.text(String((value as Code).code));
    default:
  }
}

/** The nearest double, then the remainder: longs and decimals keep their exact place among doubles. */
function writeNumber(out: Writer, value: unknown): void {
  const type = bsonType(value);
  let near = toNumber(value) ?? Number(value);
  let rest = 0;
  if (type === 'Long') rest = Number((value as Long).toBigInt() - BigInt(near));
  else if (type === 'Decimal128') [near, rest] = splitDecimal(value as Decimal128);
  if (Number.isNaN(near)) {
    out.raw(Buffer.alloc(9));
    return;
  }
  out.double(near);
  out.byte(rest < 0 ? 1 : rest === 0 ? 2 : 3);
  if (rest !== 0) out.double(rest);
}

function splitDecimal(value: Decimal128): [near: number, rest: number] {
  const text = value.toString();
  const near = Number(text);
  const exact = scaled(text);
  if (!exact) return [near, 0];
  const { digits, exponent } = exact;
  const magnitude = exponent + String(digits).replace('-', '').length;
  // Decimals beyond the range of a double compare by their magnitude only.
  if (!Number.isFinite(near)) return [Math.sign(near) * Number.MAX_VALUE, Math.sign(near) * magnitude];
  if (digits !== 0n && Math.abs(near) < 1e-290) return [0, Math.sign(Number(digits)) / (1 - magnitude)];
  return [near, difference(digits, exponent, near)];
}

/** `digits * 10^exponent - near`, computed exactly, then rounded once. */
function difference(digits: bigint, exponent: number, near: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, near);
  const bits = view.getBigUint64(0);
  const rawExponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = (rawExponent === 0 ? fraction : fraction | 0x10000000000000n) * (near < 0 ? -1n : 1n);
  const shift = Math.max(rawExponent, 1) - 1075;
  const tens = 10n ** BigInt(Math.abs(exponent));
  const twos = 2n ** BigInt(Math.abs(shift));
  const left = digits * (exponent > 0 ? tens : 1n) * (shift < 0 ? twos : 1n);
  const right = mantissa * (shift > 0 ? twos : 1n) * (exponent < 0 ? tens : 1n);
  const scale = (exponent < 0 ? tens : 1n) * (shift < 0 ? twos : 1n);
  const gap = left - right;
  if (gap === 0n) return 0;
  // Integer division would lose a small gap: bring it to some 60 significant bits first.
  const extra = Math.max(0, scale.toString(2).length - gap.toString(2).length + 60);
  return Number((gap << BigInt(extra)) / scale) / 2 ** Math.min(extra, 1000);
}

/** True for a number that a JavaScript number represents exactly. */
function isExact(value: unknown): boolean {
  return ['number', 'Int32', 'Double'].includes(bsonType(value) ?? typeof value);
}

/** Below 0, 0 or above 0, as BSON orders the two values. */
export function compareValues(left: unknown, right: unknown): number {
  const order = orderClass(left);
  const other = orderClass(right);
  if (order !== other) return order - other;
  if (isExact(left) && isExact(right)) {
    const [a, b] = [toNumber(left)!, toNumber(right)!];
    if (a === b) return 0;
    if (a < b || a > b) return a - b;
  }
  if (typeof left === 'string' && left === right) return 0;
  return Buffer.compare(encodeKey(left), encodeKey(right));
}

export function equalValues(left: unknown, right: unknown): boolean {
  return compareValues(left, right) === 0;
}
