const MIB = 1024 * 1024;
/**
 * The longest values, in bytes of JSON. Argument and result of a run, with the outcomes that one write adds, must fit a
 * document of 16 MiB, which is MongoDB's limit; so must a page of the history.
 */
export const STEP_BYTES = 7 * MIB;
export const RUN_ARGUMENT_BYTES = MIB;
export const RUN_RESULT_BYTES = 6 * MIB;
export const SIGNAL_BYTES = MIB / 16;

/** How deep arrays and objects may be nested; MongoDB refuses documents with more than 100 levels. */
const MAX_DEPTH = 80;

/**
 * A value as JSON keeps it, without what BSON would change or refuse; `undefined` becomes null.
 *
 * Arguments and results are taken in this form at once, so that a replay, which reads them back, sees no difference.
 * Throws for what has no such form: a BigInt, a cycle, a key that BSON reserves, too many bytes or levels.
 */
export function toJson(value: unknown, maxBytes = STEP_BYTES): unknown {
  // A function or a symbol has no JSON at all.
  const text = JSON.stringify(value, keepable) as string | undefined;
  if (text === undefined) return null;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw tooLarge(`a value of ${bytes} bytes of JSON`, maxBytes);
  }
  const plain = JSON.parse(text) as unknown;
  if (isDeeper(plain, MAX_DEPTH)) {
    throw new RangeError(`a value with more than ${MAX_DEPTH} levels of nesting can't be stored`);
  }
  return plain;
}

/** @param what what is too large to be stored, and how large it is */
export function tooLarge(what: string, limit = STEP_BYTES): RangeError {
  return new RangeError(
    `${what} can't be stored; the limit is ${limit}. Store it elsewhere, and keep its key.`,
  );
}

/** Whether two values are the same JSON, in whatever order their keys are. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

function keepable(key: string, value: unknown): unknown {
  if (key === '_bsontype' || key.includes('\0')) {
    throw new TypeError(`the key ${JSON.stringify(key)} can't be stored; use another name`);
  }
  // BSON is UTF-8, which has no lone surrogates.
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}
