import { OrderPendingError, type Market } from '../market/market.ts';
import { Money } from '../shared/money.ts';
import { isOnItsWay } from './at-market.ts';
import type { Book } from './book.ts';
import type { View } from './books.ts';
import type { Desk } from './desk.ts';
import { orderOf } from './known.ts';
import type { Asked, Exit } from './limits.ts';
import { isUnderWay } from './order.ts';

/**
 * The order that a way out is by a book whose left-over orders are settled.
 *
 * While another order of the symbol may still be filled, what is held is not known, so it waits for that. A request that may
 * still be on its way to the market is repeated as it was.
 */
export async function exitOrder({ market, clock }: Desk, exit: Exit, { book }: View): Promise<Asked> {
  const other = book.orders.find((order) => isUnderWay(order) && order.key !== exit.key);
  if (other) {
    throw new OrderPendingError(
      `The order ${other.key} of ${exit.symbol} may still be filled, so what is to be closed is not known yet.`,
    );
  }
  const own = orderOf(book, exit.key);
  const isSent = own?.state === 'placed' && isOnItsWay(own.since, clock.now());
  const qty = isSent ? own.qty.toString() : (await sharesToClose(market, exit, book)).toFixed();
  // A broker fills at its own price, and no request for one may stand in the way. A market that fills at the order's price
  // needs one of now.
  const price =
    market.orders.kind === 'at once'
      ? (await market.quote(exit.symbol, clock.now())).price
      : new Money(book.position.lastPrice.toString()).toFixed();
  return { ...exit, qty, price, pricedAt: clock.now() };
}

/**
 * What the book has on the order's side, and the broker too: what a person sold there by hand is not sold again. Where they
 * are known to differ, it is what the broker has.
 */
async function sharesToClose({ orders }: Market, { type, symbol }: Exit, book: Book): Promise<Money> {
  const onItsSide = (qty: string) => Money.max(0, type === 'sell' ? qty : new Money(qty).neg());
  const inBook = onItsSide(book.position.qty.toString());
  if (orders.kind === 'at once' || (inBook.isZero() && !book.difference)) return inBook;
  const held = (await orders.positions()).find((position) => position.symbol === symbol);
  const atBroker = onItsSide(held?.qty ?? '0');
  return book.difference ? atBroker : Money.min(inBook, atBroker);
}
