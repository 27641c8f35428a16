import { Month } from './market/month.ts';

const SEED = 'november';
const DAYS = 21;

test('at the end of each day of a month with faults, ledger, books and broker agree to the share and the cent', async () => {
  const month = new Month(SEED);
  const days = await month.play(DAYS);
  expect(month.violation).toBeUndefined();
  expect(days.filter(({ differences }) => differences.length > 0)).toEqual([]);

  const reconciled = { compared: 20, busy: [], differences: [] };
  expect(days.map((day) => day.reconciled)).toEqual(days.map(() => reconciled));
  expect(days).toHaveLength(DAYS);
  expect(days.map(({ date }) => date)).not.toContain('2025-11-27');
  expect(days.find(({ date }) => date === '2025-11-28')).toMatchObject({ closesAt: '13:00' });
  expect(month.trades).toBeGreaterThan(200);
  const { counts } = month.world;
  for (const kind of [
    ...['crash at a store command', 'crash at the broker', 'answer lost', 'request lost', 'request late'],
    ...[
      'request answer lost',
      'request throttled',
      'request done, and answered as failed',
      'store fails over',
    ],
    ...['order delivered twice', 'run cancelled', 'gave up', 'filled in part', 'taken back', 'let go again'],
  ]) {
    expect([kind, counts.get(kind) ?? 0]).not.toEqual([kind, 0]);
  }
});
