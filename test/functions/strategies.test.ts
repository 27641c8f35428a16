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
    expect(recommend(threshold('100.00'), { price, closes: [], fresh: 0 })).toBe(expected);
  });
});

describe('moving average', () => {
  const strategy = movingAverage(2, 4);
  /** What is recommended when the last of some closes is new. */
  const at = (closes: string[], fresh = 1) => recommend(strategy, { price: '10', closes, fresh });

  test.each([
    ['crosses upwards', ['12', '11', '10', '10', '14'], 'buy'],
    ['crosses downwards', ['10', '11', '12', '12', '8'], 'sell'],
    ['stays above', ['10', '11', '12', '13', '14'], 'hold'],
    ['stays below', ['14', '13', '12', '11', '10'], 'hold'],
    ['never moves', ['0.1', '0.1', '0.1', '0.1', '0.1'], 'hold'],
    // The averages of 2 and 4 are 10.5 and 10.5 at the fifth close.
    ['touches from above', ['10', '10', '11', '11', '10'], 'hold'],
    ['touches from above, and goes up again', ['10', '10', '11', '11', '10', '12'], 'hold'],
    ['touches from above, and goes through', ['10', '10', '11', '11', '10', '9'], 'sell'],
    ['touches from below, and goes through', ['11', '11', '10', '10', '11', '12'], 'buy'],
    ['touches twice, and goes through', ['11', '11', '10', '10', '11', '9', '13'], 'buy'],
    ['moves after it was level for as long as it looks back', [...Array<string>(9).fill('10'), '11'], 'hold'],
  ])('%s', (_, closes, expected) => {
    expect(at(closes)).toBe(expected);
  });

  test('a crossing is a signal as long as it is new, and no longer', () => {
    const closes = ['12', '11', '10', '10', '14'];
    expect([1, 0].map((fresh) => at(closes, fresh))).toEqual(['buy', 'hold']);
    expect([2, 1, 0].map((fresh) => at([...closes, '14'], fresh))).toEqual(['buy', 'hold', 'hold']);
  });

  test('bars that ended together are decided on together: there and back is no signal', () => {
    const there = ['12', '11', '10', '10', '14'];
    expect(at([...there, '8', '8'], 1)).toBe('sell');
    expect(at([...there, '8', '8'], 3)).toBe('hold');
  });

  test('the price of now is in no average', () => {
    const closes = ['12', '11', '10', '10', '14'];
    expect(recommend(strategy, { price: '0.01', closes, fresh: 1 })).toBe('buy');
  });

  test('holds as long as closes are too few, and looks at the newest of many', () => {
    expect(at(['12', '11', '10', '14'])).toBe('hold');
    expect(at(['1', '999', '12', '11', '10', '10', '14'])).toBe('buy');
  });

  const cents = fc.array(fc.integer({ min: 100, max: 20_000 }), { minLength: 5, maxLength: 9 });
  const inDollars = (amounts: number[]) => amounts.map((each) => (each / 100).toFixed(2));

  test('what it buys, it sells where every price is mirrored', () => {
    const opposite = { buy: 'sell', sell: 'buy', hold: 'hold' };
    fc.assert(
      fc.property(cents, (amounts) => {
        const mirrored = amounts.map((each) => 20_100 - each);
        expect(at(inDollars(mirrored))).toBe(opposite[at(inDollars(amounts))]);
      }),
    );
  });

  test('does not depend on the unit of the prices', () => {
    fc.assert(
      fc.property(cents, (amounts) => {
        expect(at(amounts.map(String))).toBe(at(inDollars(amounts)));
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
