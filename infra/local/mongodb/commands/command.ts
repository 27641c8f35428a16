import type { Catalog } from '../catalog.ts';
import type { Collection } from '../collection.ts';
import type { Cursors } from '../cursors.ts';
import { ServerError } from '../errors.ts';
import type { FailPoints } from '../fail-points.ts';
import type { StoreOptions } from '../server.ts';
import type { Storage } from '../storage.ts';
import { isDocument, typeName } from '../values.ts';
import type { Doc } from '../values.ts';

/** What one store has; shared by all of its connections. */
export interface StoreState {
  options: StoreOptions;
  storage: Storage;
  catalog: Catalog;
  cursors: Cursors;
  failPoints: FailPoints;
  port: number;
  startedAt: Date;
  /** Commands received since the start, by name. */
  counters: Map<string, number>;
  connections: () => number;
}

export interface ConnectionInfo {
  id: number;
  appName?: string;
}

export interface Call {
  store: StoreState;
  connection: ConnectionInfo;
  command: string;
  database: string;
  body: Doc;
  /** The documents of an insert, as bytes. */
  documents?: Uint8Array[];
}

/** A reply as a document, or whole and already encoded. `ok: 1` is added to a document. */
export type Reply = Doc | Uint8Array;
export type Command = (call: Call) => Reply | Promise<Reply>;

/** The collection's name, which most commands carry as their own value. */
export function collectionName({ body, command, database }: Call): string {
  const name = body[command];
  if (typeof name !== 'string') {
    throw new ServerError('InvalidNamespace', `collection name has invalid type ${typeName(name)}`);
  }
  if (name === '' || name.includes('\0')) {
    throw new ServerError('InvalidNamespace', `Invalid namespace specified '${database}.${name}'`);
  }
  return name;
}

export function namespaceOf(call: Call): string {
  return `${call.database}.${collectionName(call)}`;
}

export function collectionOf(call: Call): Collection | undefined {
  return call.store.catalog.find(namespaceOf(call));
}

/** A field that has to be a document when it is there. Throws TypeMismatch. */
export function documentField(body: Doc, name: string, command: string): Doc | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!isDocument(value)) {
    throw new ServerError(
      'TypeMismatch',
      `BSON field '${command}.${name}' is the wrong type '${typeName(value)}', expected type 'object'`,
    );
  }
  return value;
}

/** A field that has to be there, as a list of documents. Throws the server's codes. */
export function listField(body: Doc, name: string, command: string): Doc[] {
  const value = body[name];
  if (value === undefined) {
    throw new ServerError(
      'IDLMissingField',
      `BSON field '${command}.${name}' is missing but a required field`,
    );
  }
  if (!Array.isArray(value)) {
    throw new ServerError(
      'TypeMismatch',
      `BSON field '${command}.${name}' is the wrong type '${typeName(value)}', expected type 'array'`,
    );
  }
  const wrong = value.findIndex((item) => !isDocument(item));
  if (wrong !== -1) {
    throw new ServerError(
      'TypeMismatch',
      `BSON field '${command}.${name}.${wrong}' is the wrong type '${typeName(value[wrong])}', expected type 'object'`,
    );
  }
  return value as Doc[];
}
