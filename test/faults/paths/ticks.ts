import type { Path } from '../../support/fault-path.ts';
import {
  approve,
  deliver,
  deliverAndDie,
  deliverLate,
  newTick,
  ofFirst,
  pass,
  resumeDue,
} from '../../support/fault-steps.ts';
import { APPROVING, LIMIT_MINUTES, SKIPPING } from './setups.ts';

const becomeLate = pass(LIMIT_MINUTES + 1);
const tooLate = { setup: SKIPPING, prepare: [newTick, becomeLate] };
const behindOpen = { setup: APPROVING, prepare: [newTick, deliver, newTick] };

/** Ticks that do not simply start their run. */
export const TICK_PATHS: Path[] = [
  {
    ...tooLate,
    name: 'skip: too late',
    act: deliver,
    answer: 'skipped',
    recover: [deliver],
    endings: ['skip'],
  },
  {
    ...tooLate,
    name: 'skip: too late, then sent as late',
    act: deliver,
    answer: 'skipped',
    recover: [deliverLate],
    endings: ['skip', 'late trade'],
  },
  {
    setup: SKIPPING,
    name: 'skip: too late by the time of the redelivery',
    prepare: [newTick],
    act: deliver,
    answer: 'traded',
    recover: [becomeLate, deliver],
    endings: ['trade', 'skip'],
  },
  {
    setup: SKIPPING,
    name: 'skip: an earlier run is open',
    prepare: [newTick, deliverAndDie, newTick],
    act: deliver,
    answer: 'skipped',
    // This resumes the earlier run, so that a tick that is not on record yet finds none that is open.
    recover: [deliver],
    endings: ['skip', 'trade'],
  },
  {
    ...tooLate,
    name: 'late',
    act: deliverLate,
    answer: 'traded',
    recover: [deliverLate],
    endings: ['late trade'],
  },
  {
    ...tooLate,
    name: 'late, then delivered as it was',
    act: deliverLate,
    answer: 'traded',
    recover: [deliver, deliverLate],
    endings: ['late trade', 'skip'],
  },
  {
    ...behindOpen,
    name: 'queue',
    act: deliver,
    answer: 'queue',
    recover: [deliver, ofFirst(approve), resumeDue, approve],
    endings: ['trade'],
  },
  {
    setup: APPROVING,
    name: 'queue: start',
    prepare: [...behindOpen.prepare, deliver, ofFirst(approve)],
    act: resumeDue,
    answer: 'approval',
    recover: [resumeDue, approve],
    endings: ['trade'],
  },
];
