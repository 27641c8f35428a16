import { barsSince } from '../../functions/market/bars-since.ts';
import { simulated } from '../../functions/market/simulated.ts';
import { simulatedPrice } from '../../functions/market/simulated-price.ts';

const noon = Date.parse('2026-01-05T12:00:00Z');
const cents = (price: string) => Number(price.replace('.', ''));

describe('the simulated market', () => {
  test('gives the same price for the same symbol and second', () => {
    expect(simulatedPrice('AMZN', noon + 999)).toBe(simulatedPrice('AMZN', noon));
    expect(simulatedPrice('AMZN', noon)).toBe('85.83');
  });

  test('gives each symbol a walk of its own', () => {
    const prices = ['AMZN', 'MSFT', 'GOOG', 'AAPL'].map((symbol) => simulatedPrice(symbol, noon));
    expect(new Set(prices).size).toBe(prices.length);
  });

  test('moves by small steps, from one block of the walk to the next as well', () => {
    const blockEnd = 2 ** 22 * 1000 * 420;
    for (const start of [noon, blockEnd - 30_000]) {
      for (let at = start; at < start + 60_000; at += 1000) {
        const step = Math.abs(cents(simulatedPrice('AMZN', at + 1000)) - cents(simulatedPrice('AMZN', at)));
        expect(step).toBeLessThan(100);
      }
    }
  });

  test('keeps to decimal strings between 1.00 and 200.00, on both sides of 100.00', () => {
    const prices = Array.from({ length: 500 }, (_, hour) => simulatedPrice('AMZN', noon + hour * 3_600_000));
    for (const price of prices) expect(price).toMatch(/^\d{1,3}\.\d\d$/);
    expect(prices.some((price) => cents(price) > 10_000)).toBe(true);
    expect(prices.some((price) => cents(price) < 10_000)).toBe(true);
    expect(Math.min(...prices.map(cents))).toBeGreaterThanOrEqual(100);
    expect(Math.max(...prices.map(cents))).toBeLessThanOrEqual(20_000);
  });
});

describe('its bars', () => {
  const bars = (endedBy: string, count: number, everyMinutes: number) =>
    simulated.bars('AMZN', { endedBy: new Date(endedBy), count, everyMinutes });

  test('are finished, labelled by their end, and have the last price before it', async () => {
    const ends = ['2026-01-05T14:30:00Z', '2026-01-05T14:35:00Z'].map((end) => new Date(end));
    const expected = ends.map((end) => ({ end, close: simulatedPrice('AMZN', end.getTime() - 1000) }));
    expect(await bars('2026-01-05T14:35:00Z', 2, 5)).toEqual(expected);
    expect(await bars('2026-01-05T14:39:59Z', 2, 5)).toEqual(expected);
  });

  test.each([
    [60, '2026-01-05T14:00:00.000Z'],
    [240, '2026-01-05T12:00:00.000Z'],
    [1440, '2026-01-05T00:00:00.000Z'],
  ])('of %i minutes end at whole multiples of it', async (minutes, end) => {
    const [bar] = await bars('2026-01-05T14:39:59Z', 1, minutes);
    expect(bar!.end.toISOString()).toBe(end);
  });
});

describe('the bars since an instant', () => {
  const since = (instant: string | undefined, most = 1000) =>
    barsSince(simulated, 'AMZN', {
      ...{
        endedBy: new Date('2026-01-05T15:00:00Z'),
        since: instant === undefined ? undefined : new Date(instant),
      },
      ...{ looksBack: 3, everyMinutes: 5, most },
    });

  test.each([
    ['2026-01-05T14:55:00Z', 1],
    ['2026-01-05T14:30:00Z', 6],
    ['2026-01-05T15:00:00Z', 0],
    // A late tick, after a newer one was decided on.
    ['2026-01-05T15:10:00Z', 0],
    [undefined, 1],
  ])('%s: %i are new, after as many others as the strategy looks at', async (instant, fresh) => {
    const found = await since(instant);
    expect(found.fresh).toBe(fresh);
    expect(found.bars).toHaveLength(3 + fresh);
    expect(found.bars.at(-1)!.end.toISOString()).toBe('2026-01-05T15:00:00.000Z');
  });

  test('are no more than an answer may have', async () => {
    const found = await since('2025-01-05T15:00:00Z', 100);
    expect([found.bars.length, found.fresh]).toEqual([100, 100]);
  });
});
