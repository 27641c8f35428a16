import { ObjectId } from 'bson';
import { bsonType, entriesOf, isDocument, setField, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

const MAX_DEPTH = 180;

/** Refuses an `_id` that the server refuses. */
export function checkId(id: unknown): void {
  if (Array.isArray(id)) refuse('InvalidIdField', "The '_id' value cannot be of type array");
  if (id instanceof RegExp || bsonType(id) === 'BSONRegExp') {
    refuse('InvalidIdField', "The '_id' value cannot be of type regex");
  }
  if (id === undefined) refuse('InvalidIdField', "The '_id' value cannot be of type undefined");
  if (!isDocument(id)) return;
  const dollar = entriesOf(id).find(
    ([name]) => name.startsWith('$') && !['$ref', '$id', '$db'].includes(name),
  );
  if (dollar) {
    const message = `_id fields may not contain '$'-prefixed fields: ${dollar[0]} is not valid for storage.`;
    refuse('DollarPrefixedFieldName', message);
  }
}

/** Refuses a document that is nested more deeply than the server stores. */
export function checkDepth(value: unknown, depth = 1): void {
  if (!Array.isArray(value) && !isDocument(value)) return;
  if (depth > MAX_DEPTH) {
    refuse('Overflow', `cannot insert document because it exceeds ${MAX_DEPTH} levels of nesting`);
  }
  const items: unknown[] = Array.isArray(value) ? value : entriesOf(value).map(([, field]) => field);
  for (const item of items) checkDepth(item, depth + 1);
}

/** A document with `_id` in front, and a new one where it has none. */
export function withId(doc: Doc): Doc {
  return idFirst(Object.hasOwn(doc, '_id') ? doc._id : new ObjectId(), doc);
}

export function idFirst(id: unknown, doc: Doc): Doc {
  const result: Doc = { _id: id };
  for (const [name, value] of entriesOf(doc)) if (name !== '_id') setField(result, name, value);
  return result;
}
