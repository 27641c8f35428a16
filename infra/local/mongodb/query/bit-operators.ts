import { Binary } from 'bson';
import { integerOf } from '../bson/arithmetic.ts';
import { candidates } from '../bson/paths.ts';
import { toNumber, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

/**
 * `$bitsAllSet` and the like. mingo's read null, strings and true as numbers; these match only integers of 64 bits
 * and binary data.
 */
function bad(message: string): never {
  refuse('BadValue', message);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof Binary ? value.buffer.subarray(0, value.position) : undefined;
}

const bitOfBytes = (bytes: Uint8Array, place: number) => ((bytes[place >> 3] ?? 0) >> (place & 7)) & 1;

/** The positions of the bits in a mask, counted from the least significant. Throws BadValue for a wrong mask. */
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

/** Reads a bit of a value; undefined for a value that is neither an integer nor binary. Numbers are sign-extended. */
function bitReader(value: unknown): ((place: number) => number) | undefined {
  const bytes = bytesOf(value);
  if (bytes) return (place) => bitOfBytes(bytes, place);
  const number = integerOf(value);
  return number === undefined ? undefined : (place) => Number((number >> BigInt(Math.min(place, 63))) & 1n);
}

/** Tests whether all or any of the positions that `bitPlaces` returns have this bit. */
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
