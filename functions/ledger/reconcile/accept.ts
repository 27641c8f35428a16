import type { AdjustmentDocument } from '../../contracts/ledger.ts';
import { Money } from '../../shared/money.ts';
import { toStored, type Book } from '../book.ts';
import { toDecimal128 } from '../decimal.ts';
import { refusal } from '../limits.ts';
import { toPosition, type Position } from '../position.ts';
import type { Deviation } from './deviation.ts';
import type { BrokerDesk } from './desk.ts';
import { recordAdjustment } from './read.ts';

/**
 * Makes a position the broker's, if its book is still as it was compared. One write of the book has the position and what
 * was adjusted, which is on record then, once: an attempt that dies in between leaves the second write to the next comparison.
 */
export async function accept(
  { books, ledger, clock }: BrokerDesk,
  deviation: Deviation,
  note: string | undefined,
): Promise<AdjustmentDocument | undefined> {
  const adjusted = withBrokersWord(deviation, clock.now(), note);
  const written = await books.replace(deviation.book, adjusted);
  if (!written) return undefined;
  await recordAdjustment(ledger, adjusted.adjustment);
  return adjusted.adjustment;
}

const ACCEPTED = refusal(
  'reconciliation',
  'the position was made the one of the broker after this order was sent',
);

function withBrokersWord(
  deviation: Deviation,
  timestamp: Date,
  note: string | undefined,
): Book & { adjustment: AdjustmentDocument } {
  const { difference, ...book } = deviation.book;
  const position = positionAtBroker(deviation);
  const { qty, averageCost } = toStored(position);
  const before = deviation.onRecord ? toDecimal128(deviation.onRecord) : book.position.qty;
  const adjustment: AdjustmentDocument = {
    _id: `${book._id}/${book.version + 1}`,
    symbol: book._id,
    found: difference?.found ?? [],
    before: { qty: before, averageCost: book.position.averageCost },
    after: { qty, averageCost },
    timestamp,
    ...(note !== undefined && { note }),
  };
  // What the broker may have of them is in its word: their keys let nothing go again.
  const orders = book.orders.map((order) =>
    order.state === 'taken back' ? { ...order, refusal: order.refusal ?? ACCEPTED } : order,
  );
  return { ...book, position: toStored(position), orders, adjustment };
}

/** What a split made of the shares cost as much as before; of all else the broker says what it cost. */
function positionAtBroker({ book, qty, averagePrice, action }: Deviation): Position {
  const before = toPosition(book.position);
  if (qty.eq(before.qty)) return before;
  if (qty.isZero()) return { ...before, qty, averageCost: new Money(0) };
  if (!action?.split) {
    const lastPrice = before.lastPrice.isZero() ? averagePrice : before.lastPrice;
    return { ...before, qty, averageCost: averagePrice, lastPrice };
  }
  const { from, to } = action.split;
  const perShare = (amount: Money) => amount.times(from).div(to);
  return { ...before, qty, averageCost: perShare(before.averageCost), lastPrice: perShare(before.lastPrice) };
}
