import { Money } from '../../functions/shared/money.ts';
import { sharesAt, type OrderSize } from '../../functions/shared/size.ts';

test.each<[string, OrderSize, string]>([
  ['101.25', { qty: '0.25' }, '0.25'],
  ['101.25', { orderValue: '500' }, '4'],
  ['100', { orderValue: '500' }, '5'],
  ['100.01', { orderValue: '100' }, '0'],
  ['101.25', { orderValue: '500', fractionalShares: true }, '4.938271604'],
  ['3', { orderValue: '1', fractionalShares: true }, '0.333333333'],
  ['999999999999.9999', { orderValue: '0.0001', fractionalShares: true }, '0'],
  // One part less than two whole shares.
  ['500000000000.0001', { orderValue: '999999999999.9999' }, '1'],
])('at %s, an order of %j is of %s shares', (price, size, shares) => {
  expect(sharesAt(price, size)).toBe(shares);
});

test('no amount buys more than it pays for, nor a part less than it could', () => {
  const step = new Money('0.000000001');
  for (let cents = 1; cents < 2_000; cents += 7) {
    const price = new Money(cents).div(100);
    const shares = new Money(sharesAt(price.toFixed(), { orderValue: '1000.01', fractionalShares: true }));
    expect(price.times(shares).lte('1000.01')).toBe(true);
    expect(price.times(shares.plus(step)).gt('1000.01')).toBe(true);
  }
});
