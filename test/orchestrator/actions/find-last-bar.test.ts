import { FindLastBarAction, useRuns } from '../../../orchestrator/actions/find-last-bar.ts';
import type { RunControl } from '../../../orchestrator/durable/run-control.ts';

type Asked = Parameters<RunControl['newestWith']>;

/** What is found where the runs of the symbol, newest first, recorded these answers about their prices. */
async function lastBarOf(...stockPrices: object[]) {
  const asked: Asked[] = [];
  useRuns({
    newestWith: (...query: Asked) => {
      asked.push(query);
      const runs = stockPrices.map((stockPrice) => ({
        steps: [{ action: 'check-stock-price', outcome: { state: 'SUCCESS', result: { stockPrice } } }],
      }));
      return Promise.resolve(runs) as unknown as ReturnType<RunControl['newestWith']>;
    },
  });
  const action = new FindLastBarAction().setArgument({ overlap: 'trading/AMZN' });
  await action.main();
  return { result: action.result, asked };
}

const price = { stock_price: '1.00', as_of: '2026-01-05T15:00:00.000Z' };

test('asks for runs of the symbol that have a recommendation', async () => {
  const { result, asked } = await lastBarOf();
  expect(result).toEqual({});
  expect(asked).toEqual([['generate-buy-sell-recommendation', 'trading/AMZN', expect.any(Number)]]);
});

test('finds the newest bar, also where a late tick was decided on last, and where a run saw no bars', async () => {
  const { result } = await lastBarOf(
    { ...price, last_bar: '2026-01-05T14:50:00.000Z' },
    { ...price, last_bar: '2026-01-05T15:00:00.000Z' },
    price,
  );
  expect(result).toEqual({ lastBar: '2026-01-05T15:00:00.000Z' });
});
