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
