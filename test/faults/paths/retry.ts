import type { Path } from '../../support/fault-path.ts';
import {
  approve,
  cancel,
  deliver,
  deliverRefused,
  newTick,
  resumeDue,
  retry,
} from '../../support/fault-steps.ts';
import { APPROVING, SKIPPING } from './setups.ts';

const retried = {
  setup: SKIPPING,
  prepare: [newTick, deliverRefused('received')],
  act: retry,
  answer: 'retried, traded',
  endings: ['trade'],
} satisfies Partial<Path>;

/** Runs that failed because of a fault that is gone, or of a cancellation. */
export const RETRY_PATHS: Path[] = [
  // Where the pass died, a second `retry` is refused: the run is open.
  { ...retried, name: 'retry', recover: [retry, deliver] },
  { ...retried, name: 'retry, then a tick', recover: [resumeDue, retry] },
  {
    ...retried,
    name: 'retry: its trade was made',
    prepare: [newTick, deliverRefused('answered')],
    recover: [retry, deliver],
  },
  {
    setup: APPROVING,
    name: 'retry: it was cancelled',
    prepare: [newTick, deliver, cancel],
    act: retry,
    answer: 'retried, approval',
    // Where the pass died before it waited again, the answer is kept for the next one.
    recover: [retry, approve, resumeDue],
    endings: ['trade'],
  },
];
