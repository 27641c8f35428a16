import { isDocument, truthy, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';

// A field that changes the effect of a command must never be ignored. So each command's fields are listed, and other
// fields are refused: with the server's error, or, if the server has them, with one that says that they are not served.

const OF_ANY_COMMAND = [
  ...['$db', '$clusterTime', '$readPreference', 'apiVersion', 'apiStrict', 'apiDeprecationErrors', 'comment'],
  ...['lsid', 'txnNumber', 'autocommit', 'startTransaction', 'stmtId', 'stmtIds', 'maxTimeMS'],
  ...['readConcern', 'writeConcern'],
];

const OF_COMMAND: Record<string, string[]> = {
  insert: ['documents', 'ordered', 'bypassDocumentValidation'],
  update: ['updates', 'ordered', 'let', 'bypassDocumentValidation'],
  delete: ['deletes', 'ordered', 'let'],
  find: [
    ...['filter', 'projection', 'sort', 'hint', 'skip', 'limit', 'batchSize', 'singleBatch', 'let'],
    ...['allowDiskUse', 'noCursorTimeout', 'tailable', 'awaitData', 'allowPartialResults', 'oplogReplay'],
  ],
  findAndModify: [
    ...['query', 'update', 'remove', 'new', 'upsert', 'fields', 'sort', 'hint', 'arrayFilters', 'let'],
    'bypassDocumentValidation',
  ],
  count: ['query', 'limit', 'skip', 'hint', 'fields'],
  distinct: ['key', 'query', 'hint'],
  aggregate: ['pipeline', 'cursor', 'let', 'hint', 'explain', 'allowDiskUse', 'bypassDocumentValidation'],
};

/** Fields of the server that this store does not have: each changes the documents of the reply. */
const UNSERVED = ['collation', 'min', 'max', 'returnKey', 'showRecordId', 'encryptionInformation'];

/** Throws for a field that the server does not know, or that this store does not serve. */
export function checkFields(body: Doc, known: string[], name: string, first?: string): void {
  for (const field of Object.keys(body)) {
    if (known.includes(field) || field === first) continue;
    if (UNSERVED.includes(field)) refuseUnserved(field, body[field]);
    else refuse('IDLFailedToParse', `BSON field '${name}.${field}' is an unknown field.`);
  }
}

export function checkCommandFields(command: string, body: Doc): void {
  const own = OF_COMMAND[command === 'findandmodify' ? 'findAndModify' : command];
  if (own) checkFields(body, [...own, ...OF_ANY_COMMAND], command, command);
}

function refuseUnserved(field: string, value: unknown): void {
  const isDefault = isDocument(value)
    ? Object.keys(value).length === 0 || (field === 'collation' && value.locale === 'simple')
    : !truthy(value);
  if (!isDefault) refuse('CommandNotSupported', `The option '${field}' is not served by this store`);
}
