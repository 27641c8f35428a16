import { instant } from './bars.ts';
import { hasEnded } from './states.ts';
import type { Account, Order } from './types.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/**
 * Orders as https://docs.alpaca.markets/reference/getallorders filters them: the open ones if not said otherwise, the
 * newest first, at most 50 (`limit`: up to 500), submitted after `after` and before `until`, both excluded.
 */
export function listed(account: Account, query: URLSearchParams): Order[] {
  const status = query.get('status') ?? 'open';
  const limit = Math.min(Number(query.get('limit') ?? DEFAULT_LIMIT), MAX_LIMIT);
  const [after, until] = [instant(query.get('after')) ?? -Infinity, instant(query.get('until')) ?? Infinity];
  const symbols = query.get('symbols')?.split(',');
  const side = query.get('side');
  const [beforeId, afterId] = [query.get('before_order_id'), query.get('after_order_id')];
  const numberOf = (id: string | null) => account.orders.find((order) => order.id === id)?.number;
  const chosen = account.orders.filter(
    (order) =>
      (status === 'all' || hasEnded(order.status) === (status === 'closed')) &&
      order.createdAt > after &&
      order.createdAt < until &&
      (symbols?.includes(order.symbol) ?? true) &&
      (side === null || side === order.side) &&
      order.number < (numberOf(beforeId) ?? Infinity) &&
      order.number > (numberOf(afterId) ?? 0),
  );
  return (query.get('direction') === 'asc' ? chosen : chosen.toReversed()).slice(0, limit);
}
