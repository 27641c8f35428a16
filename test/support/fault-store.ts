import type { Boundary, Verdict } from './fault-boundary.ts';
import { TIMEOUT_SECONDS, type Lane } from './fault-lane.ts';

/** One way in which a message fails: before it is acted on, or after that, when its answer is lost. */
export interface NamedFault {
  name: string;
  kind: Boundary['kind'];
  phase: Boundary['phase'];
  verdict: (lane: Lane, boundary: Boundary) => Verdict | Promise<Verdict>;
}

/** Errors after which a write may be sent again; a server says so to a client that numbers its writes. */
const RETRYABLE = new Set(['NotWritablePrimary', 'InterruptedAtShutdown']);
const WRITES = new Set(['insert', 'update', 'findAndModify']);
/** Errors of one write: these commands list them in an answer that is otherwise well. */
const OF_A_WRITE = new Set(['DuplicateKey', 'WriteConflict']);
const LISTING = new Set(['insert', 'update']);

/** No answer comes, and time passes until the caller gives up. */
export function silence(lane: Lane): Verdict {
  lane.parts.clock.advance(TIMEOUT_SECONDS);
  return 'swallowed';
}

/** What befalls a command to the store. */
export const STORE_FAULTS: NamedFault[] = [
  ...beforeAndAfter('connection closed', () => 'lost'),
  ...beforeAndAfter('delayed past the time-out', silence),
  ...beforeAndAfter('NotWritablePrimary', errorReply(10107, 'NotWritablePrimary')),
  ...beforeAndAfter('InterruptedAtShutdown', errorReply(11600, 'InterruptedAtShutdown')),
  before('DuplicateKey', errorReply(11000, 'DuplicateKey')),
  before('WriteConflict', errorReply(112, 'WriteConflict')),
];

type Happening = NamedFault['verdict'];

function before(name: string, verdict: Happening): NamedFault {
  return { name, kind: 'command', phase: 'received', verdict };
}

function beforeAndAfter(name: string, verdict: Happening): NamedFault[] {
  return [before(name, verdict), { ...before(`${name} after the work`, verdict), phase: 'answered' }];
}

/** A command's error, in the form in which a MongoDB server gives it. */
function errorReply(code: number, codeName: string): Happening {
  const errmsg = `${codeName}, as the proxy before the store has it`;
  return (_lane, { name }) => {
    if (OF_A_WRITE.has(codeName) && LISTING.has(name)) {
      return { reply: { ok: 1, n: 0, nModified: 0, writeErrors: [{ index: 0, code, errmsg }] } };
    }
    const isRetryable = RETRYABLE.has(codeName) && WRITES.has(name);
    const labels = isRetryable ? { errorLabels: ['RetryableWriteError'] } : {};
    return { reply: { ok: 0, code, codeName, errmsg, ...labels } };
  };
}
