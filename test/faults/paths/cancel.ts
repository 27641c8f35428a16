import type { Path } from '../../support/fault-path.ts';
import { approve, cancel, deliver, newTick, resumeDue } from '../../support/fault-steps.ts';
import { APPROVING } from './setups.ts';

const cancelled = {
  setup: APPROVING,
  prepare: [newTick, deliver],
  act: cancel,
  answer: 'cancelled, cancelled',
} satisfies Partial<Path>;

export const CANCEL_PATHS: Path[] = [
  { ...cancelled, name: 'cancel', recover: [cancel], endings: ['cancellation'] },
  {
    ...cancelled,
    name: 'cancel, then approve',
    recover: [approve, resumeDue],
    endings: ['cancellation', 'trade'],
  },
];
