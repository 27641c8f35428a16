import type { HttpAnswer, Verdict } from './fault-boundary.ts';
import type { Lane } from './fault-lane.ts';
import { silence, type NamedFault } from './fault-store.ts';

/** What befalls the invocation of a function, or, as a command, the function that is about to write its trade. */
export interface FunctionFault extends NamedFault {
  /** A refusal, or an error of the function's own: it is not tried again. */
  isFinal: boolean;
}

type Happening = NamedFault['verdict'];

const before = (name: string, verdict: Happening): FunctionFault => ({
  name,
  phase: 'received',
  kind: 'invocation',
  verdict,
  isFinal: false,
});
const after = (name: string, verdict: Happening): FunctionFault => ({
  ...before(`${name} after the work`, verdict),
  phase: 'answered',
});
const final = (name: string, verdict: Happening): FunctionFault => ({
  ...before(name, verdict),
  isFinal: true,
});

export const FUNCTION_FAULTS: FunctionFault[] = [
  before('429', () => refusal(429, 'TooManyRequestsException')),
  before('500', () => refusal(500, 'ServiceException')),
  after('502', () => refusal(502, 'EC2UnexpectedException')),
  before('time-out', silence),
  after('time-out', silence),
  before('connection closed', () => 'lost'),
  after('connection closed', () => 'lost'),
  after('answer broken off', (_lane, { answer }) => ({ answer: answer!, breaksOff: true })),
  after('truncated JSON', (_lane, { answer }) => changed(answer, (real) => real.slice(0, real.length / 2))),
  after('contract broken', (_lane, { answer }) => changed(answer, (real) => `[${real}]`)),
  after('empty answer', (_lane, { answer }) => changed(answer, () => '')),
  before('Runtime.ExitError', () => functionError('Runtime.ExitError')),
  after('Runtime.OutOfMemory', () => functionError('Runtime.OutOfMemory')),
  final('its own error', ownError),
  final('403', () => refusal(403, 'AccessDeniedException')),
  { ...before('process killed', killFunctions), kind: 'command' },
  { ...after('process killed', killFunctions), kind: 'command' },
];

const json = { 'content-type': 'application/json' };

/** Lambda's own. */
function refusal(status: number, type: string): Verdict {
  const body = JSON.stringify({ Type: 'Service', message: `${type}, as the proxy before Lambda has it` });
  return { answer: { status, headers: { ...json, 'x-amzn-errortype': type }, body } };
}

/** A function fails with an error of its own. */
export function ownError(): Verdict {
  return functionError('OrderRefusedError');
}

function functionError(errorType: string): Verdict {
  const body = JSON.stringify({ errorType, errorMessage: `${errorType}, as the proxy before Lambda has it` });
  return { answer: { status: 200, headers: { ...json, 'x-amz-function-error': 'Unhandled' }, body } };
}

function changed(answer: HttpAnswer | undefined, change: (real: string) => string): Verdict {
  return { answer: { status: 200, headers: json, body: change(answer!.body) } };
}

function killFunctions(lane: Lane): Verdict {
  lane.killTradeFunction();
  return 'lost';
}
