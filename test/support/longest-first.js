import TestSequencer from '@jest/test-sequencer';

/** The files that take the longest; a file that is not there does no harm. */
const LONGEST = [
  /\/test\/faults\//,
  /\/local\/start\.test/,
  /\/infra\/cli\.test/,
  /\/orchestrator\/watchlist\.test/,
];

/**
 * Begins with the files that take the longest: begun last, they would have one worker to themselves while the others have
 * nothing to do. A fresh clone knows no durations, and jest goes by size then.
 */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const place = LONGEST.findIndex((pattern) => pattern.test(path));
      return place < 0 ? LONGEST.length : place;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
