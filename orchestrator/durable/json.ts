/**
 * A value as JSON keeps it, without what BSON would change or refuse; `undefined` becomes null.
 *
 * Arguments and results are taken in this form at once, so that a replay, which reads them back, sees no difference.
 * Throws a TypeError for what has no such form: a BigInt, a cycle, a key that BSON reserves.
 */
export function toJson(value: unknown): unknown {
  // A function or a symbol has no JSON at all.
  const text = JSON.stringify(value, keepable) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as unknown);
}

function keepable(key: string, value: unknown): unknown {
  if (key === '_bsontype' || key.includes('\0')) {
    throw new TypeError(`the key ${JSON.stringify(key)} can't be stored; use another name`);
  }
  // BSON is UTF-8, which has no lone surrogates.
  return typeof value === 'string' ? value.toWellFormed() : value;
}
