import { listField, optionalListField, wrongType } from '../bson/shapes.ts';
import {
  decode,
  encode,
  isDocument,
  MAX_DOCUMENT_BYTES,
  toNumber,
  truthy,
  type Doc,
} from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import { find, type FindSpec } from '../storage/find.ts';
import { checkDepth, checkId, withId } from '../storage/storable.ts';
import { change, upsert } from '../update/apply.ts';
import { compileUpdate, isModifier, type UpdateSpec } from '../update/update.ts';
import { namespaceOf, type Call, type Command } from './call.ts';
import { checkFields } from './fields.ts';
import { writeOnce } from './sessions.ts';

const MAX_BATCH = 100_000;

/** Runs the statements of one command in turn and counts in its reply; an ordered one stops at the first error. */
function runBatch<T>(
  call: Call,
  statements: T[],
  counts: Counts,
  run: (statement: T, counts: Counts, index: number) => void,
): Promise<Doc> {
  if (statements.length === 0 || statements.length > MAX_BATCH) {
    const message = `Write batch sizes must be between 1 and ${MAX_BATCH}. Got ${statements.length} operations.`;
    refuse('InvalidLength', message);
  }
  const ordered = call.body.ordered === undefined || truthy(call.body.ordered);
  return writeOnce(call.store.storage, call.body, () => {
    // A new reply on each call: the job runs again when the transaction that it shares with others fails.
    const reply = { ...counts };
    const writeErrors: Doc[] = [];
    for (const [index, statement] of statements.entries()) {
      try {
        run(statement, reply, index);
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        writeErrors.push(error.toWriteError(index));
        if (ordered) break;
      }
    }
    return { ...reply, ...(writeErrors.length > 0 && { writeErrors }) };
  });
}

interface Counts {
  n: number;
  nModified?: number;
  upserted?: Doc[];
}

export const insert: Command = (call) => {
  const namespace = namespaceOf(call);
  const documents = call.documents ?? listField(call.body, 'documents', 'insert').map(encode);
  return runBatch(call, documents, { n: 0 }, (bytes, reply) => {
    const [doc, stored] = storable(bytes);
    call.store.catalog.findOrCreate(namespace).insert(doc, stored);
    reply.n++;
  });
};

/** The bytes as sent, unless `_id` must be added or moved to the front. */
function storable(sent: Uint8Array): [Doc, Uint8Array] {
  if (sent.length > MAX_DOCUMENT_BYTES) {
    const message = `object to insert too large. size in bytes: ${sent.length}, max size: ${MAX_DOCUMENT_BYTES}`;
    refuse('BadValue', message);
  }
  const doc = decode(sent);
  checkDepth(doc);
  // A JavaScript object puts integer-like names first, so the first name is read from the bytes.
  const inFront = Buffer.from(sent.buffer, sent.byteOffset + 5, 4).toString('latin1') === '_id\0';
  const whole = inFront ? doc : withId(doc);
  checkId(whole._id);
  return [whole, inFront ? sent : encode(whole)];
}

export const update: Command = (call) => {
  const namespace = namespaceOf(call);
  const statements = listField(call.body, 'updates', 'update');
  for (const statement of statements) checkFields(statement, UPDATE_FIELDS, 'update.updates');
  return runBatch(call, statements, { n: 0, nModified: 0 }, (statement, reply, index) => {
    const outcome = updateOne(call, namespace, statement);
    reply.n += outcome.matched;
    reply.nModified! += outcome.modified;
    if ('upserted' in outcome) (reply.upserted ??= []).push({ index, _id: outcome.upserted });
  });
};

const UPDATE_FIELDS = ['q', 'u', 'c', 'multi', 'upsert', 'arrayFilters', 'hint', 'constants', 'sampleId'];
const DELETE_FIELDS = ['q', 'limit', 'hint', 'sampleId'];

function filterOf({ q }: Doc, name: string): Doc {
  if (!isDocument(q)) throw wrongType(`${name}.q`, q, 'object');
  return q;
}

interface Outcome {
  matched: number;
  modified: number;
  upserted?: unknown;
}

function updateOne(call: Call, namespace: string, statement: Doc): Outcome {
  const filter = filterOf(statement, 'update.updates');
  const multi = truthy(statement.multi);
  if (multi && !Array.isArray(statement.u) && !isModifier(statement.u)) {
    refuse('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  const variables = (call.body.let ?? statement.c) as Doc | undefined;
  const spec: UpdateSpec = {
    filter,
    update: statement.u,
    arrayFilters: optionalListField(statement, 'arrayFilters', 'update.updates'),
    variables,
  };
  const updater = compileUpdate(spec);
  const { catalog } = call.store;
  const collection = catalog.find(namespace);
  const search: FindSpec = { filter, hint: statement.hint, limit: multi ? 0 : 1, variables };
  // All are found before the first change, because a changed document could appear again later in the index.
  const records = [...find(collection, search)];
  if (records.length === 0 && truthy(statement.upsert)) {
    return { matched: 1, modified: 0, upserted: upsert(catalog, namespace, spec)._id };
  }
  let modified = 0;
  for (const record of records) if (change(collection!, record, updater(record.doc, false))) modified++;
  return { matched: records.length, modified };
}

export const deleteCommand: Command = (call) => {
  const namespace = namespaceOf(call);
  const statements = listField(call.body, 'deletes', 'delete');
  for (const statement of statements) checkFields(statement, DELETE_FIELDS, 'delete.deletes');
  return runBatch(call, statements, { n: 0 }, (statement, reply) => {
    const limit = toNumber(statement.limit);
    if (limit !== 0 && limit !== 1) {
      const message = `The limit field in delete objects must be 0 or 1. Got ${String(statement.limit)}`;
      refuse('FailedToParse', message);
    }
    const filter = filterOf(statement, 'delete.deletes');
    const collection = call.store.catalog.find(namespace);
    const variables = call.body.let as Doc | undefined;
    const records = [...find(collection, { filter, hint: statement.hint, limit, variables })];
    for (const record of records) collection!.remove(record);
    reply.n += records.length;
  });
};
