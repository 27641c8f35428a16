import { setTimeout } from 'node:timers/promises';
import { missingField } from '../bson/shapes.ts';
import { encode, isDocument, toNumber, type Doc } from '../bson/values.ts';
import { refuse, ServerError } from '../errors.ts';
import type { CommandEvent } from '../options.ts';
import type { Respond } from '../wire/connection.ts';
import type { Request } from '../wire/message.ts';
import type { Call, ConnectionInfo, StoreState } from './call.ts';
import { checkCommandFields } from './fields.ts';
import { lookup } from './registry.ts';
import { refuseTransaction } from './sessions.ts';

/** Answers the requests of one connection. */
export function responder(store: StoreState, connection: ConnectionInfo): Respond {
  const { onCommand } = store.options;
  return async (request, send) => {
    await onCommand?.(eventOf(request, 'received', connection));
    const reply = await dispatch(store, connection, request);
    if (!reply) return false;
    await send(reply);
    await onCommand?.(eventOf(request, 'answered', connection));
    return true;
  };
}

/** The bytes of the reply; undefined where a fail point ends the connection. Never throws: errors are replies. */
async function dispatch(
  store: StoreState,
  connection: ConnectionInfo,
  request: Request,
): Promise<Uint8Array | undefined> {
  const { command, body } = request;
  store.counters.set(command, (store.counters.get(command) ?? 0) + 1);
  const database = typeof body.$db === 'string' ? body.$db : '';
  const call: Call = { store, connection, command, database, body, documents: request.documents };
  const fault = store.failPoints.take(command, connection.appName);
  if (fault?.blockMs) await setTimeout(fault.blockMs);
  if (fault?.closeConnection) return undefined;
  try {
    if (fault?.error) throw fault.error;
    const reply = await run(call);
    if (ArrayBuffer.isView(reply)) return reply;
    const extra = fault?.writeConcernError ? { writeConcernError: fault.writeConcernError } : {};
    return encode({ ...reply, ok: 1, ...extra });
  } catch (error) {
    return encode(asReply(error));
  }
}

async function run(call: Call): Promise<Doc | Uint8Array> {
  const { body, command, database, store } = call;
  const execute = lookup(command, database);
  if (database === '') throw missingField(`${command}.$db`);
  if (store.options.replicaSet === undefined) {
    if (body.txnNumber !== undefined) refuseTransaction();
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

function asReply(error: unknown): Doc {
  if (error instanceof ServerError) return error.toReply();
  // Any other error is a defect of this store, or comes from the command's bytes.
  const message = error instanceof Error ? error.message : String(error);
  return new ServerError('InternalError', message).toReply();
}

function eventOf(call: Request, phase: CommandEvent['phase'], connection: ConnectionInfo): CommandEvent {
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
