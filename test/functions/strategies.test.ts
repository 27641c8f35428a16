import fc from 'fast-check';
import { fromEnvironment } from '../../functions/shared/environment.ts';
import { toStrategy } from '../../functions/strategies/index.ts';
import { movingAverage } from '../../functions/strategies/moving-average.ts';
import { recommend } from '../../functions/strategies/strategy.ts';
import { threshold } from '../../functions/strategies/threshold.ts';

describe('threshold', () => {
  test.each([
    ['100.0001', 'sell'],
    ['100.00', 'buy'],
    ['99.99', 'buy'],
  ])('at %s: %s', (price, expected) => {
    expect(recommend(threshold('100.00'), ['1.00', price])).toBe(expected);
  });
});

describe('moving average', () => {
  const strategy = movingAverage(2, 4);

  test.each([
    // By hand: averages of 2 and 4 before 10/10, now 10.5/10.25.
    ['crosses upwards from equal', ['10', '10', '10', '10', '11'], 'buy'],
    ['crosses downwards from equal', ['10', '10', '10', '10', '9.99'], 'sell'],
    ['stays above', ['10', '11', '12', '13', '14'], 'hold'],
    ['stays below', ['14', '13', '12', '11', '10'], 'hold'],
    ['becomes equal', ['10', '11', '10', '11', '10'], 'hold'],
    ['crosses upwards from below', ['12', '11', '10', '10', '14'], 'buy'],
    ['crosses downwards from above', ['10', '11', '12', '12', '8'], 'sell'],
    ['never moves', ['0.1', '0.1', '0.1', '0.1', '0.1'], 'hold'],
  ])('%s', (_, prices, expected) => {
    expect(recommend(strategy, prices)).toBe(expected);
  });

  test('holds as long as prices are too few, and looks at the newest of many', () => {
    expect(recommend(strategy, ['10', '10', '10', '11'])).toBe('hold');
    expect(recommend(strategy, ['1', '999', '10', '10', '10', '10', '11'])).toBe('buy');
  });

  const prices = fc.array(fc.integer({ min: 100, max: 20_000 }), { minLength: 5, maxLength: 5 });
  const inDollars = (cents: number[]) => cents.map((each) => (each / 100).toFixed(2));

  test('what it buys, it sells where every price is mirrored', () => {
    const opposite = { buy: 'sell', sell: 'buy', hold: 'hold' };
    fc.assert(
      fc.property(prices, (cents) => {
        const mirrored = cents.map((each) => 20_100 - each);
        expect(recommend(strategy, inDollars(mirrored))).toBe(
          opposite[recommend(strategy, inDollars(cents))],
        );
      }),
    );
  });

  test('does not depend on the unit of the prices', () => {
    fc.assert(
      fc.property(prices, (cents) => {
        expect(recommend(strategy, cents.map(String))).toBe(recommend(strategy, inDollars(cents)));
      }),
    );
  });
});

test('an environment without a strategy is reported with what to do', () => {
  const parse = () => fromEnvironment(() => toStrategy({ strategy: 'threshold' }));
  expect(parse).toThrow(
    /^The function's environment can't be taken: .*sellAbove. The stack sets it, so deploy/,
  );
});

test.each([
  [{ strategy: 'luck' }, 'strategy'],
  [{ strategy: 'threshold' }, 'sellAbove'],
  [{ strategy: 'moving-average', shortWindow: '5', longWindow: '5' }, 'shortWindow'],
  [{ strategy: 'moving-average', shortWindow: 1, longWindow: 401 }, 'longWindow'],
])('%j makes no strategy', (settings, path) => {
  expect(() => toStrategy(settings)).toThrow(path);
});
