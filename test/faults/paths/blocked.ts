import type { Path } from '../../support/fault-path.ts';
import {
  answers,
  approve,
  cancel,
  deliver,
  newTick,
  resume,
  setCrashes,
  setVersion,
} from '../../support/fault-steps.ts';
import { APPROVING } from './setups.ts';

/** A version that is not deployed. */
const UNKNOWN = 2;
const DEPLOYED = 1;
/** After so many crashes in a row a run is blocked. */
const MANY_CRASHES = 10;

const waiting = [newTick, deliver];
const blocked = [...waiting, setVersion(UNKNOWN), resume];

/** Runs that a fault of the operator keeps from going on. */
export const BLOCKED_PATHS: Path[] = [
  {
    setup: APPROVING,
    name: 'blocked',
    prepare: [...waiting, setVersion(UNKNOWN)],
    act: resume,
    answer: 'blocked',
    recover: [resume, answers('blocked'), setVersion(DEPLOYED), approve],
    endings: ['trade'],
  },
  {
    setup: APPROVING,
    name: 'blocked, then fixed',
    prepare: [...blocked, setVersion(DEPLOYED)],
    act: approve,
    answer: 'approved, traded',
    recover: [approve],
    endings: ['trade'],
  },
  {
    setup: APPROVING,
    name: 'blocked, then cancelled',
    prepare: blocked,
    act: cancel,
    answer: 'cancelled, blocked',
    recover: [cancel, setVersion(DEPLOYED), resume],
    endings: ['cancellation'],
  },
  {
    setup: APPROVING,
    name: 'blocked: crashes',
    prepare: [...waiting, setCrashes(MANY_CRASHES)],
    act: resume,
    answer: 'blocked',
    recover: [resume, approve],
    endings: ['trade'],
  },
];
