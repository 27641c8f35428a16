import { Binary, Decimal128, Long } from 'bson';
import { candidates } from '../bson/paths.ts';
import { toNumber, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

/**
 * `$bitsAllSet` and its kin. mingo's take null, texts and true for numbers; these match integers of 64 bits and
 * binary data alone.
 */
function bad(message: string): never {
  refuse('BadValue', message);
}

/** The integer that a number of any kind is; undefined for fractions, NaN, and what 64 bits do not hold. */
function integerOf(value: unknown): bigint | undefined {
  if (value instanceof Long) return value.toBigInt();
  const number = toNumber(value);
  if (number === undefined || !Number.isInteger(number)) return undefined;
  const whole = value instanceof Decimal128 ? wholeDecimal(value) : BigInt(number);
  return whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** By its digits, because a float does not hold all of them. */
function wholeDecimal(value: Decimal128): bigint | undefined {
  const [, sign, before, after = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d*))?(?:E([+-]\d+))?$/.exec(String(value)) ?? [];
  const shift = Number(power) - after.length;
  const digits = `${before}${after}`;
  const cut = Math.min(0, shift) + digits.length;
  if (/[1-9]/.test(digits.slice(Math.max(0, cut)))) return undefined;
  const whole = BigInt(`${digits.slice(0, Math.max(0, cut))}${'0'.repeat(Math.max(0, shift))}` || '0');
  return sign === '-' ? -whole : whole;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof Binary ? value.buffer.subarray(0, value.position) : undefined;
}

const bitOfBytes = (bytes: Uint8Array, place: number) => ((bytes[place >> 3] ?? 0) >> (place & 7)) & 1;

/** The places of the bits that a mask names, counted from the least. Throws BadValue for what is no mask. */
export function bitPlaces(path: string, mask: unknown): number[] {
  if (Array.isArray(mask)) return mask.map(placeOf);
  const bytes = bytesOf(mask);
  if (bytes) return [...Array(bytes.length * 8).keys()].filter((place) => bitOfBytes(bytes, place) === 1);
  if (toNumber(mask) === undefined) bad(`${path} takes an Array, a number, or a BinData`);
  const number = integerOf(mask);
  if (number === undefined) bad(`Expected an integer of 64 bits as bit mask: ${path}: ${String(mask)}`);
  if (number < 0n) bad(`Expected a non-negative number as bit mask: ${path}: ${String(mask)}`);
  return [...Array(64).keys()].filter((place) => (number >> BigInt(place)) & 1n);
}

function placeOf(value: unknown): number {
  const place = integerOf(value);
  if (place === undefined) bad(`bit positions must be an integer but got: ${String(value)}`);
  if (place < 0n) bad(`bit positions must be >= 0 but got: ${place}`);
  if (place > 0x7fffffffn) bad(`bit positions cannot be represented as a 32-bit signed integer: ${place}`);
  return Number(place);
}

/** Reads a bit of a value; undefined where it is neither an integer nor binary. A number's sign goes on for ever. */
function bitReader(value: unknown): ((place: number) => number) | undefined {
  const bytes = bytesOf(value);
  if (bytes) return (place) => bitOfBytes(bytes, place);
  const number = integerOf(value);
  return number === undefined ? undefined : (place) => Number((number >> BigInt(Math.min(place, 63))) & 1n);
}

/** Of places that `bitPlaces` has read: whether all or any of them have this bit. */
function bits(quantity: 'every' | 'some', wanted: 0 | 1) {
  return (path: string, places: number[]) => (doc: Doc) =>
    candidates(doc, path).some((value) => {
      const read = bitReader(value);
      return read !== undefined && places[quantity]((place) => read(place) === wanted);
    });
}

export const bitOperators = {
  $bitsAllSet: bits('every', 1),
  $bitsAllClear: bits('every', 0),
  $bitsAnySet: bits('some', 1),
  $bitsAnyClear: bits('some', 0),
};
