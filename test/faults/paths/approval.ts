import type { Path } from '../../support/fault-path.ts';
import { approve, cancel, deliver, newTick, pass, reject, resumeDue } from '../../support/fault-steps.ts';
import { APPROVING, LIMIT_MINUTES } from './setups.ts';

const approved = {
  setup: APPROVING,
  prepare: [newTick, deliver],
  act: approve,
  answer: 'approved, traded',
} satisfies Partial<Path>;

/** Answers to a run that waits for a person. */
export const APPROVAL_PATHS: Path[] = [
  { ...approved, name: 'approve', recover: [approve], endings: ['trade'] },
  { ...approved, name: 'approve, then a tick', recover: [resumeDue, approve], endings: ['trade'] },
  {
    ...approved,
    name: 'approve, then reject',
    recover: [reject, resumeDue],
    endings: ['trade', 'rejection'],
  },
  {
    ...approved,
    name: 'approve, then cancel',
    recover: [cancel, resumeDue],
    endings: ['trade', 'cancellation'],
  },
  {
    ...approved,
    name: 'reject',
    act: reject,
    answer: 'rejected, rejected',
    recover: [reject],
    endings: ['rejection'],
  },
  {
    setup: APPROVING,
    name: 'no answer in time',
    prepare: [newTick, deliver, pass(LIMIT_MINUTES + 1)],
    act: resumeDue,
    answer: 'rejected',
    recover: [approve, resumeDue],
    endings: ['rejection'],
  },
];
