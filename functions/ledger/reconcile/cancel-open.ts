import type { OpenOrder } from '../../market/market.ts';
import { settleOldOrders } from '../old-orders.ts';
import type { BrokerDesk } from './desk.ts';
import { isOwn } from './look.ts';
import { readBooks } from './read.ts';

/** How long cancellations may take, and how long the broker is given for them. */
const LONGEST_MS = 4_000;
const END_MS = 500;

/**
 * Cancels each open order of this ledger at the broker. What was filled until then is found out by the attempt that works
 * on the order, or else here.
 *
 * @returns the orders whose cancellation the broker took, and how many are open after that
 */
export async function cancelOpen(
  desk: BrokerDesk,
  name: string | undefined,
  symbols: string[] | undefined,
): Promise<{ canceled: OpenOrder[]; left: number }> {
  const { orders, clock, ledger } = desk;
  const ownOpen = async () =>
    (await orders.open()).filter((order) => isOwn(order, name) && (symbols?.includes(order.symbol) ?? true));
  const begun = clock.now().getTime();
  const canceled: OpenOrder[] = [];
  for (const order of await ownOpen()) {
    if (clock.now().getTime() - begun > LONGEST_MS) break;
    // One that the broker does not cancel is counted below.
    await orders.cancel(order).then(
      () => canceled.push(order),
      () => undefined,
    );
  }
  if (canceled.length > 0) await clock.sleep(END_MS);
  await settleOldOrders(desk, (await readBooks(ledger, symbols)).books);
  return { canceled, left: (await ownOpen()).length };
}
