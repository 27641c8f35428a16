import { OrderPendingError, type OrdersAtBroker, type OrderStatus } from '../market/market.ts';
import type { Refusal } from '../contracts/trade.ts';
import { Money } from '../shared/money.ts';
import { isOnItsWay, takenBack, toMarketOrder, withStatus } from './at-market.ts';
import { withOrder, type Book } from './book.ts';
import type { View } from './books.ts';
import type { Desk } from './desk.ts';
import { IdempotencyConflictError, orderOf } from './known.ts';
import { HOLD_MS, isStillOf, type Placed } from './order.ts';

/** How long a fill is waited for before the rest of an order is taken back, and how long its end after that. */
const FILL_MS = 3_000;
const END_MS = 2_500;
const POLL_MS = 200;
/** A request begins only with so much of the hold left: as much as it may take, and more. */
const NEEDED_MS = 3_000;

/**
 * Places an order that was let go, and follows it until nothing more of it will be filled; the book has what became of it
 * then. From here on no error is final: what is not known is thrown as `OrderPendingError`, and the next attempt goes on.
 *
 * @param book as it was written with the order
 * @param found how the order stands, if the market has it already
 */
export async function carryOut(
  desk: Desk,
  { book, ledger }: Pick<View, 'book' | 'ledger'>,
  order: Placed,
  orders: OrdersAtBroker,
  found?: OrderStatus,
): Promise<void> {
  const held = new HeldOrder(desk, book, order);
  try {
    const asked = toMarketOrder(ledger, book._id, order);
    if (!found) await held.renew();
    const placed = found ?? (await orders.place(asked));
    // A broker may give another reason than the key where it has the order already.
    const status = 'refused' in placed ? await orders.find(asked.key) : placed;
    if (!status) return await held.takeBack(placed as Refusal);
    assertOurs(status, order, book._id);
    await held.note(await follow(desk, orders, status, asked.key, held));
  } catch (error) {
    if (error instanceof OrderPendingError || error instanceof IdempotencyConflictError) throw error;
    throw pendingFor(order.key, error);
  }
}

export function pendingFor(key: string, error: unknown): OrderPendingError {
  const { name, message } = error as Error;
  return new OrderPendingError(
    `What became of the order ${key} is not known (${name}: ${message}). The next attempt finds out.`,
  );
}

/** Waits for the order's end, and takes back what is not filled by then. */
async function follow(
  { clock }: Desk,
  orders: OrdersAtBroker,
  placed: OrderStatus,
  key: string,
  held: HeldOrder,
): Promise<OrderStatus> {
  let status = placed;
  let [since, isTakenBack] = [clock.now().getTime(), false];
  while (!status.isOver) {
    const waited = clock.now().getTime() - since;
    if (!isTakenBack && waited >= FILL_MS) {
      await held.renew();
      await orders.cancel(status);
      [since, isTakenBack] = [clock.now().getTime(), true];
    } else if (isTakenBack && waited >= END_MS) {
      await held.note(status);
      throw new OrderPendingError(
        `The order ${status.id} is ${status.status}; the next attempt looks at it again.`,
      );
    }
    await clock.sleep(POLL_MS);
    await held.renew();
    // A broker may not show for a moment what it has taken.
    status = (await orders.find(key)) ?? status;
  }
  return status;
}

function assertOurs(placed: OrderStatus, { key, type, qty }: Placed, symbol: string): void {
  if (placed.symbol === symbol && placed.type === type && new Money(placed.qty).eq(qty.toString())) return;
  throw new IdempotencyConflictError(
    `The market has an order under the key ${key} already: ${placed.type} ${placed.qty} ${placed.symbol}, instead of ` +
      `${type} ${qty.toString()} ${symbol}. Use a new key for a new order.`,
  );
}

/** An order that this attempt works on, for as long as no other attempt has taken it over. */
class HeldOrder {
  readonly #desk: Desk;
  #book: Book;
  #order: Placed;

  constructor(desk: Desk, book: Book, order: Placed) {
    this.#desk = desk;
    this.#book = book;
    this.#order = order;
  }

  /** Before each request: one that was stopped for a while must not go on while another attempt works. */
  async renew(): Promise<void> {
    const now = this.#desk.clock.now().getTime();
    const { hold } = this.#order;
    if (hold.until.getTime() - now >= NEEDED_MS) return;
    const order = { ...this.#order, hold: { by: hold.by, until: new Date(now + HOLD_MS) } };
    await this.#change((book) => withOrder(book, order));
    this.#order = order;
  }

  /** Writes into the book how the order stands. */
  note(status: OrderStatus): Promise<void> {
    const { clock, limits } = this.#desk;
    return this.#change((book) => withStatus(book, this.#order, status, clock.now(), limits.timeZone));
  }

  /** The market refused it. An earlier request for it, whose answer was lost, may still come there. */
  async takeBack(refusal: Refusal): Promise<void> {
    const now = this.#desk.clock.now();
    const { unresolved, ...order } = this.#order;
    if (unresolved === undefined || !isOnItsWay(unresolved, now)) {
      return this.#change((book) => withOrder(book, takenBack(order, now, refusal)));
    }
    const before: Placed = { ...order, since: unresolved, hold: { by: order.hold.by, until: now } };
    await this.#change((book) => withOrder(book, before));
    throw new OrderPendingError(
      `The market refuses the order ${order.key} (${refusal.refused}), and an earlier request for it may be on its way.`,
    );
  }

  async #change(next: (book: Book) => Book): Promise<void> {
    const { key } = this.#order;
    const changed = await this.#desk.books.change(this.#book, (book) =>
      isStillOf(orderOf(book, key), this.#order) ? next(book) : undefined,
    );
    if (!changed) throw new OrderPendingError(`Another attempt has taken over the order ${key}.`);
    this.#book = changed;
  }
}
