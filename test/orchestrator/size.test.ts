import { sharesAt } from '../../functions/shared/size.ts';
import { answers } from '../support/answers.ts';
import { answerOf, ORCHESTRATOR, startTestApp } from '../support/local-app.ts';

const orderValue = '100.00';
const symbols = Array.from({ length: 12 }, (_, index) => `SIZE${index}`);

test('an order in dollars is sized at the recorded price; less than a share is no order, on record', async () => {
  const app = await startTestApp({ context: { orderValue } });
  try {
    const run = async () =>
      answers.report.parse(answerOf(await app.invoke(ORCHESTRATOR, { symbols, idempotencyKey: 'k' }))).runs;
    const runs = await run();
    for (const { symbol, steps, result } of runs) {
      const [checked] = steps as { result: { stockPrice: { stock_price: string } } }[];
      const price = checked!.result.stockPrice.stock_price;
      const qty = sharesAt(price, { orderValue });
      if (qty !== '0') expect(result).toMatchObject({ symbol, qty, price });
      else {
        const refused = `an order of 100.00 dollars is less than one share at ${price}; raise orderValue, or set fractionalShares=true`;
        expect(result).toEqual({ refused, limit: 'order-size' });
        expect(steps).toHaveLength(2);
      }
    }
    expect(new Set(runs.map(({ result }) => 'refused' in (result as object))).size).toBe(2);
    expect(await run()).toEqual(runs);
  } finally {
    await app.close();
  }
});
