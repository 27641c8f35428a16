import { typeName, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import type { StoreOptions } from '../options.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Collection } from '../storage/collection.ts';
import type { Storage } from '../storage/storage.ts';
import type { Cursors } from './cursors.ts';
import type { FailPoints } from './fail-points.ts';

/** The state of one store, which all of its connections share. */
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

/** A reply: a document, to which `ok: 1` is added, or the encoded bytes of a whole reply. */
export type Reply = Doc | Uint8Array;
export type Command = (call: Call) => Reply | Promise<Reply>;

/** The collection's name, which is the value of most commands' first field. */
export function collectionName({ body, command, database }: Call): string {
  const name = body[command];
  if (typeof name !== 'string') {
    refuse('InvalidNamespace', `collection name has invalid type ${typeName(name)}`);
  }
  if (name === '' || name.includes('\0')) {
    refuse('InvalidNamespace', `Invalid namespace specified '${database}.${name}'`);
  }
  return name;
}

export function namespaceOf(call: Call): string {
  return `${call.database}.${collectionName(call)}`;
}

export function collectionOf(call: Call): Collection | undefined {
  return call.store.catalog.find(namespaceOf(call));
}
