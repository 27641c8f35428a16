import { encode, isDocument, toNumber, type Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import type { CommandEvent } from '../options.ts';
import type { Request } from '../wire/message.ts';
import type { Call, ConnectionInfo, StoreState } from './call.ts';
import { checkCommandFields } from './fields.ts';
import { lookup } from './registry.ts';
import { refuseTransactionNumbers } from './sessions.ts';

/** What becomes of one request: the bytes of its reply, or the end of its connection. */
export type Outcome = { reply: Uint8Array } | { close: true };

/** Carries out one command. Never throws: what goes wrong is in the reply. */
export async function dispatch(
  store: StoreState,
  connection: ConnectionInfo,
  request: Request,
): Promise<Outcome> {
  const { command, body } = request;
  store.counters.set(command, (store.counters.get(command) ?? 0) + 1);
  const database = typeof body.$db === 'string' ? body.$db : '';
  const call: Call = { store, connection, command, database, body, documents: request.documents };
  const fault = store.failPoints.take(command, connection.appName);
  if (fault?.blockMs) await new Promise((resolve) => setTimeout(resolve, fault.blockMs));
  if (fault?.closeConnection) return { close: true };
  try {
    if (fault?.error) throw fault.error;
    const extra = fault?.writeConcernError ? { writeConcernError: fault.writeConcernError } : {};
    return { reply: encoded(await run(call), extra) };
  } catch (error) {
    return { reply: encode(asReply(error)) };
  }
}

async function run(call: Call): Promise<Doc | Uint8Array> {
  const { body, command, database, store } = call;
  const execute = lookup(command, database);
  if (database === '')
    refuse('IDLMissingField', `BSON field '${command}.$db' is missing but a required field`);
  if (store.options.replicaSet === undefined) {
    refuseTransactionNumbers(body);
    checkWriteConcern(body);
    checkReadConcern(body);
  }
  checkCommandFields(command, body);
  await store.storage.settled();
  return execute(call);
}

function checkWriteConcern({ writeConcern }: Doc): void {
  if (isDocument(writeConcern) && (toNumber(writeConcern.w) ?? 1) > 1) {
    refuse('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
}

function checkReadConcern({ readConcern }: Doc): void {
  const level = isDocument(readConcern) ? readConcern.level : undefined;
  if (level === 'linearizable' || level === 'snapshot') {
    refuse(123, 'node needs to be a replica set member to use read concern');
  }
}

function encoded(reply: Doc | Uint8Array, extra: Doc): Uint8Array {
  if (ArrayBuffer.isView(reply)) return reply;
  return encode({ ...reply, ok: 1, ...extra });
}

function asReply(error: unknown): Doc {
  if (error instanceof ServerError) return error.toReply();
  // What is thrown by surprise is a fault of this store, or of the command's bytes; either way it is told.
  const message = error instanceof Error ? error.message : String(error);
  return new ServerError('InternalError', message).toReply();
}

export function eventOf(
  call: Request,
  phase: CommandEvent['phase'],
  connection: ConnectionInfo,
): CommandEvent {
  const { command, body } = call;
  const target = command === 'getMore' ? body.collection : body[command];
  return {
    phase,
    command,
    database: typeof body.$db === 'string' ? body.$db : '',
    ...(typeof target === 'string' ? { collection: target } : {}),
    ...(connection.appName === undefined ? {} : { appName: connection.appName }),
    connectionId: connection.id,
  };
}
