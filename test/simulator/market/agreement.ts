import type { TradeDocument } from '../../../functions/contracts/ledger.ts';
import { marketKey } from '../../../functions/ledger/at-market.ts';
import type { Book } from '../../../functions/ledger/book.ts';
import { Money } from '../../../functions/shared/money.ts';
import type { Account, Order } from '../../support/broker/types.ts';
import { LEDGER } from './kit.ts';

/** What a ledger has, by symbol and by key. */
export interface Kept {
  books: ReadonlyMap<string, Book>;
  trades: ReadonlyMap<string, TradeDocument>;
}

/** Of an average price that has a limited number of decimals; dollars. */
const ROUNDED_OFF = '0.000001';
const HALF_A_CENT = '0.005';

/**
 * In what a ledger and the broker's account differ, one sentence each: shares of each symbol in the book, in the trades and
 * at the broker; shares and prices of each order; cash to the cent. Orders that are still open are part of none.
 */
export function differences(kept: Kept, account: Account): string[] {
  return [...ofOrders(kept, account), ...ofSymbols(kept, account), ...ofCash(kept, account)];
}

function ofOrders({ trades }: Kept, { orders }: Account): string[] {
  const chains = new Map<string, Order[]>();
  for (const order of orders) {
    const key = firstOf(order, orders).clientOrderId;
    chains.set(key, [...(chains.get(key) ?? []), order]);
  }
  const withoutOrder = [...trades.keys()].filter((key) => !chains.has(marketKey(LEDGER, key)));
  return [
    ...withoutOrder.map((key) => `the trade ${key} has no order`),
    ...[...chains].flatMap(([key, chain]) => ofOrder(trades.get(key.slice(`${LEDGER}-`.length)), key, chain)),
  ];
}

/** @param chain the order with the key, and those that replaced it */
function ofOrder(trade: TradeDocument | undefined, key: string, chain: Order[]): string[] {
  const filled = Money.sum(0, ...chain.map(({ filledQty }) => filledQty));
  const value = Money.sum(0, ...chain.map(({ filledValue }) => filledValue));
  const found: string[] = [];
  const firsts = chain.filter(({ replaces }) => replaces === undefined).length;
  if (firsts !== 1) found.push(`${key} has ${firsts} orders`);
  const traded = String(trade?.qty ?? 0);
  if (!filled.eq(traded)) found.push(`${key} is filled ${filled.toFixed()}, and its trade has ${traded}`);
  const off = value.minus(new Money(String(trade?.price ?? 0)).times(filled)).abs();
  if (off.gt(ROUNDED_OFF)) {
    found.push(`${key} was worth ${value.toFixed()}, and its trade has a price of ${String(trade?.price)}`);
  }
  return found;
}

function ofSymbols({ books, trades }: Kept, { positions }: Account): string[] {
  const sums = new Map<string, Money>();
  for (const trade of trades.values()) {
    sums.set(trade.symbol, signedQty(trade).plus(sums.get(trade.symbol) ?? 0));
  }
  const symbols = new Set([...books.keys(), ...sums.keys(), ...positions.keys()]);
  return [...symbols].flatMap((symbol) => {
    const held = positions.get(symbol)?.qty ?? new Money(0);
    const inBook = String(books.get(symbol)?.position.qty ?? 0);
    const sum = sums.get(symbol) ?? new Money(0);
    if (held.eq(inBook) && held.eq(sum)) return [];
    const shares = `${inBook}, its trades add up to ${sum.toFixed()}, and the broker has ${held.toFixed()}`;
    return [`the book of ${symbol} has ${shares}`];
  });
}

function ofCash({ trades }: Kept, { cash, options }: Account): string[] {
  const paid = Money.sum(
    0,
    ...[...trades.values()].map((trade) => signedQty(trade).times(String(trade.price))),
  );
  const left = new Money(options.cash).minus(paid);
  if (left.minus(cash).abs().lt(HALF_A_CENT)) return [];
  return [`the trades leave ${left.toFixed()} dollars, and the broker has ${cash.toFixed()}`];
}

const signedQty = ({ type, qty }: TradeDocument): Money =>
  type === 'buy' ? new Money(String(qty)) : new Money(String(qty)).neg();

/** Of a chain of replacements, the order that came first. */
function firstOf(order: Order, all: readonly Order[]): Order {
  let first = order;
  while (first.replaces !== undefined) first = all.find(({ id }) => id === first.replaces)!;
  return first;
}
