import { parseSchedule } from '../../infra/schedule/expression.ts';

const problemOf = (text: string) => {
  try {
    return `taken: ${parseSchedule(text).text}`;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a schedule that EventBridge Scheduler refuses', () => {
  test.each([
    ['cron(0 10 * * MON-FRI *)', 'exactly one of day-of-month and day-of-week is ?'],
    ['cron(0 10 ? * ? *)', 'exactly one of day-of-month and day-of-week is ?'],
    ['cron(0 10 1 * 2 *)', 'exactly one of day-of-month and day-of-week is ?'],
    ['cron(0 10 ? * 0 *)', 'day-of-week is 0'],
    ['cron(0 10 ? * 8 *)', 'day-of-week is 8'],
    ['cron(0 10 ? * FRI#9 *)', 'day-of-week is FRI#9'],
    ['cron(0 10 ? * FRI#0 *)', 'day-of-week is FRI#0'],
    ['cron(0 10 ? * MON,FRI#2 *)', 'day-of-week is MON,FRI#2'],
    ['cron(0 10 ? * FRI-MON *)', 'day-of-week is FRI-MON'],
    ['cron(0 10 ? * MON-FRI/2 *)', 'day-of-week is MON-FRI/2'],
    ['cron(0 10 ? * MONDAY *)', 'day-of-week is MONDAY'],
    ['cron(0 10 ? * 15W *)', 'day-of-week is 15W'],
    ['cron(0 10 FRI#2 * ? *)', 'day-of-month is FRI#2'],
    ['cron(0 10 32 * ? *)', 'day-of-month is 32'],
    ['cron(0 10 0 * ? *)', 'day-of-month is 0'],
    ['cron(0 10 W * ? *)', 'day-of-month is W'],
    ['cron(0 10 1,L * ? *)', 'day-of-month is 1,L'],
    ['cron(0 10 L-3 * ? *)', 'day-of-month is L-3'],
    ['cron(0 24 * * ? *)', 'hours is 24'],
    ['cron(60 1 * * ? *)', 'minutes is 60'],
    ['cron(0/60 1 * * ? *)', 'minutes is 0/60'],
    ['cron(*/0 1 * * ? *)', 'minutes is */0'],
    ['cron(,5 1 * * ? *)', 'minutes is ,5'],
    ['cron(5- 1 * * ? *)', 'minutes is 5-'],
    ['cron(1-2-3 1 * * ? *)', 'minutes is 1-2-3'],
    ['cron(? 1 * * ? *)', 'minutes is ?'],
    ['cron(L 1 * * ? *)', 'minutes is L'],
    ['cron(0 1 * 13 ? *)', 'month is 13'],
    ['cron(0 1 * MAI ? *)', 'month is MAI'],
    ['cron(0 1 * * ? 1969)', 'year is 1969'],
    ['cron(0 1 * * ? 2200)', 'year is 2200'],
    ['cron(0 1 * * ? 26)', 'year is 26'],
    ['cron(banana 99 ? * * 2027)', 'minutes is BANANA, expected 0 to 59, hours is 99, expected 0 to 23'],
    [
      'cron(0 12 * * ?)',
      'six fields, minutes, hours, day-of-month, month, day-of-week, year; this one has 5',
    ],
    ['cron(0 0 12 * * ? *)', 'this one has 7'],
    ['cron()', 'this one has 0'],
    ['cron(0 12 * * ? *))', 'neither rate(...) nor cron(...)'],
    ['0 12 * * *', 'neither rate(...) nor cron(...)'],
    ['', 'neither rate(...) nor cron(...)'],
    ['rate(1 minutes)', 'the unit of 1 is written as in rate(1 minute)'],
    ['rate(5 minute)', 'the unit of 5 is written as in rate(5 minutes)'],
    ['rate(0 minutes)', 'a rate is at least 1'],
    ['rate(-5 minutes)', 'a whole number and a unit'],
    ['rate(1.5 hours)', 'a whole number and a unit'],
    ['rate(30 seconds)', 'a whole number and a unit'],
    ['rate(5)', 'a whole number and a unit'],
    ['rate(99999999999 days)', 'at most 366 days'],
    ['at(2027-01-01T00:00:00)', 'fires once'],
    ['rate(1 hour);', 'it is neither rate(...) nor cron(...)'],
    ['rate(1 hour); rate(2)', 'a whole number and a unit'],
    ['rate(1 hour); rate(01 hour)', 'rate(1 hour) is there twice'],
  ])('%s is refused by its field', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});

test.each([
  ['cron(0/5 9-15 ? * MON-FRI *)', 'cron(0/5 9-15 ? * MON-FRI *)'],
  [' cron( 0  10 ? jan-mar mon 2027,2029 ) ', 'cron(0 10 ? JAN-MAR MON 2027,2029)'],
  ['cron(0 10 15w * ? *)', 'cron(0 10 15W * ? *)'],
  ['cron(0 10 ? * 6l *)', 'cron(0 10 ? * 6L *)'],
  ['cron(*/10 8-17/2 1/5 */3 ? 2026-2030/2)', 'cron(*/10 8-17/2 1/5 */3 ? 2026-2030/2)'],
  ['rate(1 hour)', 'rate(1 hour)'],
  ['cron(30/5 9 ? * mon-fri *);rate(1 hour)', 'cron(30/5 9 ? * MON-FRI *); rate(1 hour)'],
  ['rate(015 minutes)', 'rate(15 minutes)'],
])('%j is taken as %j', (text, expression) => {
  expect(problemOf(text)).toBe(`taken: ${expression}`);
});
