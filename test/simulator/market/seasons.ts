import { weekdays } from '../../support/broker/calendar.ts';
import type { Session } from '../../support/broker/types.ts';

/** Where a course takes place in time. */
export interface Season {
  /** A day on which the market opens at its usual hour. */
  begin: number;
  sessions: Session[];
}

/** A winter's week, and the Fridays before New York changes its clocks; each with an early close and a holiday soon after. */
export const SEASONS: readonly Season[] = [
  {
    begin: Date.UTC(2030, 0, 7, 14, 30),
    sessions: weekdays('2030-01-02', '2030-02-10', { earlyCloses: ['2030-01-08'], holidays: ['2030-01-09'] }),
  },
  {
    begin: Date.UTC(2030, 2, 8, 14, 30),
    sessions: weekdays('2030-03-04', '2030-04-12', { earlyCloses: ['2030-03-11'], holidays: ['2030-03-12'] }),
  },
  {
    begin: Date.UTC(2030, 10, 1, 13, 30),
    sessions: weekdays('2030-10-28', '2030-12-06', { earlyCloses: ['2030-11-04'], holidays: ['2030-11-05'] }),
  },
];
