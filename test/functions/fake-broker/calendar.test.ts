import { Scene } from '../../support/broker/scene.ts';

// https://docs.alpaca.markets/reference/getclock-1
test.each([
  ['2026-01-05T14:29:59Z', false, '2026-01-05T14:30:00.000Z', '2026-01-05T21:00:00.000Z'],
  ['2026-01-05T14:30:00Z', true, '2026-01-06T14:30:00.000Z', '2026-01-05T21:00:00.000Z'],
  ['2026-01-05T21:00:00Z', false, '2026-01-06T14:30:00.000Z', '2026-01-06T21:00:00.000Z'],
  // A Friday evening before a holiday.
  ['2026-01-16T23:00:00Z', false, '2026-01-20T14:30:00.000Z', '2026-01-20T21:00:00.000Z'],
  ['2026-01-19T16:00:00Z', false, '2026-01-20T14:30:00.000Z', '2026-01-20T21:00:00.000Z'],
  // A day that ends early.
  ['2026-02-10T17:59:00Z', true, '2026-02-11T14:30:00.000Z', '2026-02-10T18:00:00.000Z'],
  ['2026-02-10T18:00:00Z', false, '2026-02-11T14:30:00.000Z', '2026-02-11T21:00:00.000Z'],
])('the clock at %s', (instant, is_open, next_open, next_close) => {
  const scene = new Scene({}, instant);
  const timestamp = new Date(instant).toISOString();
  expect(scene.ask('GET /v2/clock').body).toEqual({ timestamp, is_open, next_open, next_close });
});

test('the market opens at 09:30 in New York, also after the clocks are changed', () => {
  const sessions = ['2026-03-06', '2026-03-09', '2026-10-30', '2026-11-02'].map((date) => {
    return { date, open: '09:30', close: '16:00' };
  });
  const scene = new Scene({ sessions });
  const opening = (instant: string) => {
    scene.at(instant);
    return scene.ask('GET /v2/clock').body.next_open;
  };
  expect(opening('2026-03-06T10:00:00Z')).toBe('2026-03-06T14:30:00.000Z');
  expect(opening('2026-03-08T10:00:00Z')).toBe('2026-03-09T13:30:00.000Z');
  expect(opening('2026-10-30T10:00:00Z')).toBe('2026-10-30T13:30:00.000Z');
  expect(opening('2026-11-01T10:00:00Z')).toBe('2026-11-02T14:30:00.000Z');
});

// https://docs.alpaca.markets/reference/getcalendar-1
test('the calendar has the days of the market with their hours, both ends included', () => {
  const scene = new Scene();
  const days = scene.ask('GET /v2/calendar?start=2026-01-16&end=2026-01-21T00:00:00.000Z').body;
  const whole = { open: '09:30', close: '16:00', session_open: '0400', session_close: '2000' };
  expect(days).toEqual([
    { date: '2026-01-16', ...whole, settlement_date: '2026-01-20' },
    { date: '2026-01-20', ...whole, settlement_date: '2026-01-21' },
    { date: '2026-01-21', ...whole, settlement_date: '2026-01-22' },
  ]);
  const early = scene.ask('GET /v2/calendar?start=2026-02-10&end=2026-02-10').body;
  expect(early).toMatchObject([{ date: '2026-02-10', open: '09:30', close: '13:00' }]);
});

// https://docs.alpaca.markets/reference/clock-1 and .../calendar-1
test.each([
  ['2026-01-05T08:00:00Z', true, 'closed', '2026-01-05T09:00:00.000Z'],
  ['2026-01-05T14:00:00Z', true, 'pre', '2026-01-05T14:30:00.000Z'],
  ['2026-01-05T15:00:00Z', true, 'core', '2026-01-05T21:00:00.000Z'],
  ['2026-01-05T22:00:00Z', true, 'post', '2026-01-06T01:00:00.000Z'],
  ['2026-01-06T02:00:00Z', true, 'closed', '2026-01-06T09:00:00.000Z'],
  ['2026-01-19T15:00:00Z', false, 'closed', '2026-01-20T09:00:00.000Z'],
])('the clock of a market at %s', (instant, is_market_day, phase, phase_until) => {
  const scene = new Scene({}, instant);
  const { clocks } = scene.ask('GET /v3/clock?markets=NYSE').body as unknown as { clocks: object[] };
  expect(clocks).toMatchObject([{ market: { acronym: 'NYSE' }, is_market_day, phase, phase_until }]);
});

test('the calendar of a market has its phases', () => {
  expect(new Scene().ask('GET /v3/calendar/NYSE?start=2026-02-10&end=2026-02-10').body).toMatchObject({
    market: { acronym: 'NYSE' },
    calendar: [
      {
        ...{
          date: '2026-02-10',
          core_start: '2026-02-10T14:30:00.000Z',
          core_end: '2026-02-10T18:00:00.000Z',
        },
        ...{ pre_start: '2026-02-10T09:00:00.000Z', post_end: '2026-02-11T01:00:00.000Z' },
      },
    ],
  });
});

test('a calendar that ends too early says so', () => {
  const scene = new Scene();
  scene.at('2026-03-02T15:00:00Z');
  expect(() => scene.ask('GET /v2/clock')).toThrow(/no opening after .*Give more sessions/);
});
