import { newYorkDay } from '../../functions/market/new-york.ts';
import { nyseClose } from '../../functions/market/nyse-days.ts';
import { nyseSession } from '../../functions/market/nyse.ts';

/**
 * What NYSE Group published: its releases of 2021-12-27 (2022 to 2024) and of 2024-11-08 (2025 to 2027), "Holiday and
 * Early Closings Calendar". The day of mourning of 2025-01-09 was announced apart from them; no rule foresees it.
 */
const PUBLISHED: Record<string, { closed: string; early: string }> = {
  2022: { closed: '01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26', early: '11-25' },
  2023: { closed: '01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25', early: '07-03 11-24' },
  2024: {
    closed: '01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25',
    early: '07-03 11-29 12-24',
  },
  2025: {
    closed: '01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25',
    early: '07-03 11-28 12-24',
  },
  2026: { closed: '01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25', early: '11-27 12-24' },
  2027: { closed: '01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24', early: '11-26' },
};

function weekdaysOf(year: string): string[] {
  const days: string[] = [];
  for (let day = new Date(`${year}-01-01`); day.toISOString().startsWith(year);) {
    if (day.getUTCDay() % 6 !== 0) days.push(day.toISOString().slice(0, 10));
    day = new Date(day.getTime() + 86_400_000);
  }
  return days;
}
const session = (at: string) => {
  const { opensAt, closesAt } = nyseSession(new Date(at));
  return `${opensAt.toISOString().slice(0, 16)} ${closesAt.toISOString().slice(0, 16)}`;
};

describe('days of the New York Stock Exchange', () => {
  test.each(Object.entries(PUBLISHED))('of %s are those that were published', (year, { closed, early }) => {
    const having = (close: string | undefined) =>
      weekdaysOf(year)
        .filter((day) => nyseClose(day) === close)
        .map((day) => day.slice(5))
        .join(' ');
    expect(having(undefined)).toBe(closed);
    expect(having('13:00')).toBe(early);
  });

  test('exclude weekends, and years with other rules are refused', () => {
    expect([nyseClose('2026-11-28'), nyseClose('2026-11-29')]).toEqual([undefined, undefined]);
    expect(() => nyseClose('2021-12-31')).toThrow(
      "NYSE's days are known from 2022 on; 2021-12-31 is before that.",
    );
  });

  test('follow Easter through a century', () => {
    // The tables of the U.S. Census Bureau, "Easter Dates from 1600 to 2099".
    for (const goodFriday of ['2038-04-23', '2049-04-16', '2076-04-17', '2099-04-10']) {
      expect(nyseClose(goodFriday)).toBeUndefined();
    }
  });
});

describe('a session of the New York Stock Exchange', () => {
  test.each([
    ['the whole day', '2026-11-25T15:00:00Z', '2026-11-25T14:30 2026-11-25T21:00'],
    ['at its opening', '2026-11-25T14:30:00Z', '2026-11-25T14:30 2026-11-25T21:00'],
    ['before its opening', '2026-11-25T14:29:59.999Z', '2026-11-25T14:30 2026-11-25T21:00'],
    ['in its last moment', '2026-11-25T20:59:59.999Z', '2026-11-25T14:30 2026-11-25T21:00'],
    ['at its close, over a holiday', '2026-11-25T21:00:00Z', '2026-11-27T14:30 2026-11-27T18:00'],
    ['on a holiday', '2026-11-26T15:00:00Z', '2026-11-27T14:30 2026-11-27T18:00'],
    ['after an early close, over a weekend', '2026-11-27T18:00:00Z', '2026-11-30T14:30 2026-11-30T21:00'],
    [
      'late in the evening, which is the next day in UTC',
      '2026-11-25T02:00:00Z',
      '2026-11-25T14:30 2026-11-25T21:00',
    ],
    ['in summer', '2026-07-01T14:00:00Z', '2026-07-01T13:30 2026-07-01T20:00'],
    ['over the longest row of closed days', '2026-07-02T20:00:00Z', '2026-07-06T13:30 2026-07-06T20:00'],
  ])('%s', (_, at, expected) => {
    expect(session(at)).toBe(expected);
  });

  test.each([
    ['2026-03-06T22:00:00Z', '2026-03-09T13:30 2026-03-09T20:00'],
    ['2026-10-30T21:00:00Z', '2026-11-02T14:30 2026-11-02T21:00'],
    ['2027-03-12T22:00:00Z', '2027-03-15T13:30 2027-03-15T20:00'],
  ])('over the change of the clocks after %s is at 9:30 of the new time', (at, expected) => {
    expect(session(at)).toBe(expected);
  });

  test('the day of New York does not depend on the zone of the process', () => {
    expect(newYorkDay(new Date('2026-11-25T04:59:59Z'))).toBe('2026-11-24');
    expect(newYorkDay(new Date('2026-11-25T05:00:00Z'))).toBe('2026-11-25');
  });
});
