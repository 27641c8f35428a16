import fc from 'fast-check';
import { Decimal128 } from 'mongodb';
import { dayOf, newBook, toDecimal128, withTrades, type Book } from '../../functions/ledger/book.ts';
import { brokenLimit, readLimits, type Asked } from '../../functions/ledger/limits.ts';
import type { TradeDocument } from '../../functions/contracts/ledger.ts';
import { Money } from '../../functions/shared/money.ts';

const now = new Date('2026-01-05T15:00:00Z');
const limits = readLimits(
  JSON.stringify({
    maxPosition: 20,
    maxDailyQuantity: 60,
    maxDailyValue: '700.00',
    allowShortSelling: false,
  }),
);

const ask = (key: string, type: 'buy' | 'sell', qty: number, price: string): Asked => ({
  key,
  type,
  symbol: 'AMZN',
  qty,
  price,
  pricedAt: now,
});

const toTrade = ({ key, type, symbol, qty, price }: Asked): TradeDocument => ({
  _id: key,
  symbol,
  type,
  qty,
  price: Decimal128.fromString(price),
  timestamp: now,
});

test('whatever is ordered, and whenever its trade becomes known, the limits hold', () => {
  const order = fc.record({
    type: fc.constantFrom('buy' as const, 'sell' as const),
    qty: fc.integer({ min: 1, max: 25 }),
    cents: fc.integer({ min: 100, max: 2_000 }),
    /** How many of the orders that are under way become trades after this one. */
    settles: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(order, { maxLength: 40 }), (orders) => {
      let book: Book = newBook('AMZN');
      const placed: Asked[] = [];
      let underWay: Asked[] = [];
      for (const [index, { type, qty, cents, settles }] of orders.entries()) {
        const asked = ask(String(index), type, qty, new Money(cents).div(100).toFixed(2));
        if (!brokenLimit(limits, asked, book, { now, priceNow: undefined })) {
          const value = toDecimal128(new Money(asked.price).times(qty));
          book = { ...book, decisions: [...book.decisions, { key: asked.key, type, qty, value, at: now }] };
          placed.push(asked);
          underWay.push(asked);
        }
        const settled = underWay.slice(0, settles);
        underWay = underWay.slice(settles);
        book = withTrades(book, settled.map(toTrade), 'UTC');
      }
      let position = 0;
      for (const { type, qty } of placed) {
        position += type === 'buy' ? qty : -qty;
        expect(position).toBeGreaterThanOrEqual(0);
        expect(position).toBeLessThanOrEqual(20);
      }
      expect(placed.reduce((sum, { qty }) => sum + qty, 0)).toBeLessThanOrEqual(60);
      const value = placed.reduce(
        (sum, { price, qty }) => sum.plus(new Money(price).times(qty)),
        new Money(0),
      );
      expect(value.lte('700.00')).toBe(true);
    }),
  );
});

test('a day is that of the time zone, and begins with nothing', () => {
  expect(dayOf(new Date('2026-01-06T04:59:00Z'), 'America/New_York')).toBe('2026-01-05');
  const first = toTrade(ask('a', 'buy', 3, '10.01'));
  const next = { ...toTrade(ask('b', 'sell', 1, '10.00')), timestamp: new Date('2026-01-06T12:00:00Z') };
  const book = withTrades(newBook('AMZN'), [first, next], 'UTC');
  expect(book).toMatchObject({ position: 2, day: { date: '2026-01-06', qty: 1 } });
  expect(book.day.value.toString()).toBe('10');
  // What is known late does not count towards a later day.
  expect(withTrades(book, [{ ...first, _id: 'c' }], 'UTC')).toMatchObject({ position: 5, day: book.day });
});

test('the largest order at the largest price is counted to the cent', () => {
  const price = '999999999999.9999';
  const book = withTrades(newBook('AMZN'), [toTrade(ask('a', 'buy', 1_000_000, price))], 'UTC');
  expect(book.day.value.toString()).toBe('999999999999999900');
});

test.each([
  ['{', 'is not JSON'],
  ['{"maxOrderQuantity":"5"}', 'maxOrderQuantity'],
  ['{"maxOrder":5}', 'maxOrder'],
])('LIMITS with %s is reported by its name', (text, words) => {
  expect(() => readLimits(text)).toThrow(/^The environment variable LIMITS /);
  expect(() => readLimits(text)).toThrow(words);
});
