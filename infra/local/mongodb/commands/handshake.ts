import { isDocument, type Doc } from '../bson/values.ts';
import { MAX_MESSAGE_BYTES } from '../wire/message.ts';
import type { Command, StoreState } from './call.ts';
import { forgetSession, refuseTransaction, SESSION_MINUTES, sessionOf } from './sessions.ts';

/** The server whose behaviour this store follows. */
export const VERSION = '7.0.14';
const WIRE_VERSION = 21;

export const hello: Command = (call) => {
  const name = applicationName(call.body);
  if (name !== undefined) call.connection.appName = name;
  const legacy = call.command !== 'hello';
  return {
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    helloOk: true,
    // No `topologyVersion`: with one, drivers await a stream of replies, which this store does not send. They poll.
    ...replicaSet(call.store),
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: SESSION_MINUTES,
    connectionId: call.connection.id,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
  };
};

function replicaSet({ options, port }: StoreState): Doc {
  if (options.replicaSet === undefined) return {};
  const me = `127.0.0.1:${port}`;
  return { setName: options.replicaSet, setVersion: 1, secondary: false, hosts: [me], primary: me, me };
}

function applicationName(body: Doc): string | undefined {
  const { client } = body;
  if (!isDocument(client) || !isDocument(client.application)) return undefined;
  return typeof client.application.name === 'string' ? client.application.name : undefined;
}

export const endSessions: Command = ({ body, command, store }) => {
  const sessions = Array.isArray(body[command]) ? (body[command] as unknown[]) : [];
  const ids = sessions.flatMap((lsid) => sessionOf({ lsid }) ?? []);
  for (const id of ids) store.cursors.endSession(id);
  const kept = ids.filter((id) => store.storage.folder.sessions.get(Buffer.from(id)));
  if (kept.length === 0) return {};
  return store.storage.write(() => {
    for (const id of kept) forgetSession(store.storage, id);
    return {};
  });
};

/** The test-only replica set has no isolation: it has already executed each command of the transaction. */
export const finishTransaction: Command = ({ store }) =>
  store.options.replicaSet === undefined ? refuseTransaction() : {};
