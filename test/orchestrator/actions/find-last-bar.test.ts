import { newestBar } from '../../../orchestrator/actions/find-last-bar.ts';

/** A run that recorded this answer about its price. */
const decided = (lastBar?: string) => {
  const stockPrice = { stock_price: '1.00', ...(lastBar !== undefined && { last_bar: lastBar }) };
  const outcome = { state: 'SUCCESS', result: { stockPrice } };
  return { steps: [{ action: 'check-stock-price', outcome }] } as unknown as Parameters<
    typeof newestBar
  >[0][0];
};

test('the newest bar is found, also where a late tick was decided on last', () => {
  const [late, newest] = ['2026-01-05T14:50:00.000Z', '2026-01-05T15:00:00.000Z'];
  expect(newestBar([decided(late), decided(newest), decided('2026-01-05T14:45:00.000Z')])).toBe(newest);
});

test('a run that saw no bars has none', () => {
  expect(newestBar([decided(), { steps: [] }])).toBeUndefined();
  expect(newestBar([decided(), decided('2026-01-05T15:00:00.000Z')])).toBe('2026-01-05T15:00:00.000Z');
});
