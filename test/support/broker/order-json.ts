import { average } from './accounts.ts';
import { iso } from './calendar.ts';
import type { Order, OrderStatus } from './types.ts';

/** https://docs.alpaca.markets/reference/postorder */
export function orderJson(order: Order): object {
  const endedAs = (status: OrderStatus) =>
    order.status === status && order.endedAt !== undefined ? iso(order.endedAt) : null;
  const created = iso(order.createdAt);
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    created_at: created,
    updated_at: iso(order.updatedAt),
    submitted_at: created,
    filled_at: endedAs('filled'),
    expired_at: endedAs('expired'),
    canceled_at: endedAs('canceled'),
    failed_at: endedAs('rejected'),
    replaced_at: endedAs('replaced'),
    replaced_by: order.replacedBy ?? null,
    replaces: order.replaces ?? null,
    asset_id: `asset-${order.symbol}`,
    symbol: order.symbol,
    asset_class: 'us_equity',
    notional: order.notional?.toFixed() ?? null,
    qty: order.qty?.toFixed() ?? null,
    filled_qty: order.filledQty.toFixed(),
    filled_avg_price: order.filledQty.isZero() ? null : average(order.filledValue, order.filledQty).toFixed(),
    order_class: '',
    order_type: 'market',
    type: 'market',
    side: order.side,
    time_in_force: 'day',
    limit_price: null,
    stop_price: null,
    status: order.status,
    extended_hours: false,
    legs: null,
    trail_percent: null,
    trail_price: null,
    hwm: null,
    expires_at: iso(order.closesAt),
  };
}
