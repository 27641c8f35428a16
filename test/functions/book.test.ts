import fc from 'fast-check';
import { Decimal128 } from 'mongodb';
import { newBook, settled, withOrder, type Book } from '../../functions/ledger/book.ts';
import { toDecimal128 } from '../../functions/ledger/decimal.ts';
import { dayOf } from '../../functions/ledger/day.ts';
import { brokenLimit, readLimits, sharesToSell, type Asked } from '../../functions/ledger/limits.ts';
import type { Placed } from '../../functions/ledger/order.ts';
import { afterTrade, noPosition, toPosition } from '../../functions/ledger/position.ts';
import { Money } from '../../functions/shared/money.ts';

const now = new Date('2026-01-05T15:00:00Z');
const limits = readLimits(
  JSON.stringify({
    maxPosition: '20',
    maxDailyQuantity: '60',
    maxDailyValue: '700.00',
    allowShortSelling: false,
  }),
);

const ask = (key: string, type: 'buy' | 'sell', qty: string, price: string): Asked => ({
  key,
  type,
  symbol: 'AMZN',
  qty,
  price,
  pricedAt: now,
});

const letGo = ({ key, type, price, ...asked }: Asked, qty = asked.qty, at = now): Placed => ({
  key,
  type,
  qty: toDecimal128(qty),
  asked: { qty: toDecimal128(asked.qty), price: toDecimal128(price) },
  day: dayOf(at, 'UTC'),
  since: at,
  state: 'placed',
  hold: { by: key, until: at },
});

const fillOf = (order: Placed, qty = order.qty, at = now) => ({ qty, price: order.asked.price, at });

test('whatever is ordered, and whenever and how much of it is filled, the limits hold', () => {
  const drawn = fc.record({
    type: fc.constantFrom('buy' as const, 'sell' as const),
    tenths: fc.integer({ min: 1, max: 250 }),
    cents: fc.integer({ min: 100, max: 2_000 }),
    /** How many of the orders that are under way end after this one, and how much of them is filled. */
    ends: fc.integer({ min: 0, max: 3 }),
    percent: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 40 }), (orders) => {
      let book: Book = newBook('AMZN');
      let underWay: Placed[] = [];
      let [held, bought, spent] = [new Money(0), new Money(0), new Money(0)];
      let trades = noPosition;
      for (const [index, { type, tenths, cents, ends, percent }] of orders.entries()) {
        const asked = ask(
          String(index),
          type,
          new Money(tenths).div(10).toFixed(),
          new Money(cents).div(100).toFixed(2),
        );
        if (!brokenLimit(limits, asked, book, { now, priceNow: undefined })) {
          const order = letGo(asked, sharesToSell(limits, asked, book).toFixed());
          book = withOrder(book, order);
          underWay.push(order);
        }
        for (const order of underWay.slice(0, ends)) {
          const qty = new Money(order.qty.toString()).times(percent).div(100);
          book = settled(book, order, fillOf(order, toDecimal128(qty)), now, 'UTC');
          const price = order.asked.price.toString();
          trades = afterTrade(trades, { type: order.type, qty: qty.toFixed(), price });
          held = order.type === 'buy' ? held.plus(qty) : held.minus(qty);
          if (order.type === 'buy') [bought, spent] = [bought.plus(qty), spent.plus(qty.times(price))];
          expect(held.gte(0) && held.lte(20)).toBe(true);
        }
        underWay = underWay.slice(ends);
      }
      // Ways out are not counted: only what was bought has a limit of the day.
      expect(bought.lte(60)).toBe(true);
      expect(spent.lte('700.00')).toBe(true);
      expect(toPosition(book.position)).toEqual(trades);
    }),
  );
});

test('a way out is not refused, and is as long as what is there', () => {
  let book = newBook('AMZN');
  const first = letGo(ask('a', 'buy', '20', '30.00'));
  book = settled(withOrder(book, first), first, fillOf(first, toDecimal128('12.5')), now, 'UTC');
  const all = ask('b', 'sell', '20', '30.00');
  expect(brokenLimit(limits, all, book, { now, priceNow: undefined })).toBeUndefined();
  expect(sharesToSell(limits, all, book).toFixed()).toBe('12.5');
  const part = letGo(ask('c', 'sell', '2.5', '30.00'));
  expect(sharesToSell(limits, all, withOrder(book, part)).toFixed()).toBe('10');
});

test('a sale that is under way makes no room for a purchase, and a purchase covers no sale', () => {
  const first = letGo(ask('a', 'buy', '18', '1.00'));
  const held = settled(withOrder(newBook('AMZN'), first), first, fillOf(first), now, 'UTC');
  const refused = (order: Asked, book: Book) =>
    brokenLimit(limits, order, book, { now, priceNow: undefined })?.limit;
  const sale = withOrder(held, letGo(ask('b', 'sell', '10', '1.00')));
  expect(refused(ask('c', 'buy', '3', '1.00'), sale)).toBe('position');
  const purchase = withOrder(held, letGo(ask('b', 'buy', '2', '1.00')));
  expect(sharesToSell(limits, ask('c', 'sell', '20', '1.00'), purchase).toFixed()).toBe('18');
});

test('a day is that of the time zone, and begins with nothing', () => {
  expect(dayOf(new Date('2026-01-06T04:59:00Z'), 'America/New_York')).toBe('2026-01-05');
  const first = letGo(ask('a', 'buy', '3', '10.01'));
  const next = letGo(ask('b', 'sell', '1', '10.00'));
  const later = new Date('2026-01-06T12:00:00Z');
  let book = settled(newBook('AMZN'), first, fillOf(first), now, 'UTC');
  book = settled(book, next, fillOf(next, next.qty, later), later, 'UTC');
  expect(book.day).toEqual({
    date: '2026-01-06',
    qty: Decimal128.fromString('1'),
    value: Decimal128.fromString('10'),
    realized: Decimal128.fromString('-0.01'),
    orders: 0,
  });
  // What is known late does not count towards a later day.
  const late = letGo({ ...ask('c', 'buy', '3', '10.01') });
  const after = settled(book, late, fillOf(late), later, 'UTC');
  expect(after.day).toEqual(book.day);
  expect(String(after.position.qty)).toBe('5');
});

test('an order counts on the day on which it was let go', () => {
  const yesterday = letGo(ask('a', 'buy', '15', '10.00'), '15', new Date('2026-01-04T15:00:00Z'));
  const book = withOrder(newBook('AMZN'), yesterday);
  const today = ask('b', 'buy', '5', '100.00');
  expect(brokenLimit(limits, today, book, { now, priceNow: undefined })).toBeUndefined();
  expect(brokenLimit(limits, { ...today, qty: '6' }, book, { now, priceNow: undefined })).toMatchObject({
    limit: 'position',
  });
});

test('the largest order at the largest price is counted to the cent', () => {
  const order = letGo(ask('a', 'buy', '1000000', '999999999999.9999'));
  const book = settled(newBook('AMZN'), order, fillOf(order), now, 'UTC');
  expect(book.day.value.toString()).toBe('999999999999999900');
});

test.each([
  ['{', 'is not JSON'],
  ['{"maxOrderQuantity":"-5"}', 'maxOrderQuantity'],
  ['{"maxOrder":5}', 'maxOrder'],
])('LIMITS with %s is reported by its name', (text, words) => {
  expect(() => readLimits(text)).toThrow(/^The environment variable LIMITS /);
  expect(() => readLimits(text)).toThrow(words);
});
