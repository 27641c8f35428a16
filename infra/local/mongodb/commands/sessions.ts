import type { Binary, Long } from 'bson';
import { decode, encode, isDocument, toNumber, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

export const SESSION_MINUTES = 30;

/** The id of a command's session as text; undefined without a session. */
export function sessionOf(body: Doc): string | undefined {
  const id = isDocument(body.lsid) ? (body.lsid.id as Binary | undefined) : undefined;
  return id?._bsontype === 'Binary' ? Buffer.from(id.buffer).toString('hex') : undefined;
}

/** The error of a standalone, which has no transactions and no retryable writes. */
export function refuseTransaction(): never {
  refuse('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
}

/**
 * Runs `job` and keeps its reply under the command's session and number, in the same transaction as its writes;
 * the same command sent again gets that reply and writes nothing.
 */
export function writeOnce(storage: Storage, body: Doc, job: () => Doc): Promise<Doc> {
  const session = sessionOf(body);
  const number = body.txnNumber as Long | undefined;
  if (session === undefined || number === undefined || body.autocommit === false) return storage.write(job);
  const key = Buffer.from(session);
  const { sessions } = storage.folder;
  return storage.write(() => {
    const kept = sessions.get(key);
    const last = kept && decode(kept);
    if (last && String(last.number) === String(number)) return last.reply as Doc;
    if (last && toNumber(last.number)! > toNumber(number)!) {
      refuse(
        'TransactionTooOld',
        `Retryable write with txnNumber ${String(number)} is prohibited on session ${session} because a newer ` +
          `retryable write with txnNumber ${String(last.number)} has already started on this session.`,
      );
    }
    const reply = job();
    void sessions.put(key, Buffer.from(encode({ number, reply, at: new Date() })));
    return reply;
  });
}

export function forgetSession(storage: Storage, session: string): void {
  void storage.folder.sessions.remove(Buffer.from(session));
}

/** Removes sessions that have not written for their lifetime, as the server does. */
export async function sweepSessions(storage: Storage, now = Date.now()): Promise<void> {
  const old = [...storage.folder.sessions.getRange({})].filter(({ value }) => {
    const at = decode(value).at;
    return !(at instanceof Date) || now - at.getTime() > SESSION_MINUTES * 60_000;
  });
  if (old.length === 0) return;
  await storage.write(() => {
    for (const { key } of old) void storage.folder.sessions.remove(key);
  });
}
