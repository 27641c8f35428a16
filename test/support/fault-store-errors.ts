import type { Fault } from './fault-boundary.ts';

/** Errors after which a write may be sent again; a server says so to a client that numbers its writes. */
const RETRYABLE = new Set(['NotWritablePrimary', 'InterruptedAtShutdown']);
const WRITES = new Set(['insert', 'update', 'findAndModify']);
/** Errors of one write: these commands list them in an answer that is otherwise well. */
const OF_A_WRITE = new Set(['DuplicateKey', 'WriteConflict']);
const LISTING = new Set(['insert', 'update']);

/** The fault of a store that answers a command with an error, in the form in which a MongoDB server does. */
export function errorReply(code: number, codeName: string): Fault {
  const errmsg = `${codeName}, as the proxy before the store has it`;
  return ({ name }) => {
    if (OF_A_WRITE.has(codeName) && LISTING.has(name)) {
      return { reply: { ok: 1, n: 0, nModified: 0, writeErrors: [{ index: 0, code, errmsg }] } };
    }
    const isRetryable = RETRYABLE.has(codeName) && WRITES.has(name);
    const labels = isRetryable ? { errorLabels: ['RetryableWriteError'] } : {};
    return { reply: { ok: 0, code, codeName, errmsg, ...labels } };
  };
}
