import type { Refusal } from '../contracts/trade.ts';
import { Money } from '../shared/money.ts';
import type { View } from './books.ts';
import type { Desk } from './desk.ts';
import { brokenLimit, NOTHING_HELD, refusal, type Asked } from './limits.ts';
import { differenceInWords } from './reconcile/words.ts';

/** What speaks against an order now, if anything does: a halt, a difference from the broker, the market's hours, a limit. */
export async function judge(
  { limits, market, clock }: Desk,
  order: Asked,
  { book, halted }: View,
): Promise<Refusal | undefined> {
  if (halted && !order.isExit) {
    const note = halted.note === undefined ? '' : `: ${halted.note}`;
    return refusal('halted', `trading is halted since ${halted.since.toISOString()}${note}`);
  }
  if (book.difference && !order.isExit)
    return refusal('reconciliation', differenceInWords(order.symbol, book.difference));
  const opensAt = await market.opensAt();
  if (opensAt) return refusal('market-closed', `the market is closed until ${opensAt.toISOString()}`);
  if (order.isExit) return nothingHeld(order);
  const priceNow =
    limits.maxPriceMovePercent === undefined
      ? undefined
      : (await market.quote(order.symbol, clock.now())).price;
  return brokenLimit(limits, order, book, { now: clock.now(), priceNow });
}

function nothingHeld({ type, symbol, qty }: Asked): Refusal | undefined {
  if (!new Money(qty).isZero()) return undefined;
  return refusal(
    NOTHING_HELD,
    type === 'sell' ? `no shares of ${symbol} are held` : `no shares of ${symbol} are owed`,
  );
}
