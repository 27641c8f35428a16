import { average } from './accounts.ts';
import { iso } from './calendar.ts';
import type { Instant, Order, OrderStatus } from './types.ts';

/** https://docs.alpaca.markets/reference/postorder */
export function orderJson(own: Order): object {
  const ended = (...states: OrderStatus[]) => (states.includes(own.status) ? own.endedAt : undefined);
  const when = (at: Instant | undefined) => (at === undefined ? null : iso(at));
  return {
    ...{ id: own.id, client_order_id: own.clientOrderId, status: own.status },
    ...{ created_at: iso(own.createdAt), updated_at: iso(own.updatedAt), submitted_at: iso(own.createdAt) },
    ...{ filled_at: when(ended('filled')), expired_at: when(ended('expired')) },
    ...{ canceled_at: when(ended('canceled')), failed_at: when(ended('rejected')) },
    ...{ replaced_at: when(ended('replaced')), expires_at: iso(own.closesAt) },
    ...{ replaced_by: own.replacedBy ?? null, replaces: own.replaces ?? null },
    ...{ asset_id: `asset-${own.symbol}`, symbol: own.symbol, asset_class: 'us_equity' },
    ...{ notional: own.notional?.toFixed() ?? null, qty: own.qty?.toFixed() ?? null },
    filled_qty: own.filledQty.toFixed(),
    filled_avg_price: own.filledQty.isZero() ? null : average(own.filledValue, own.filledQty).toFixed(),
    ...{ order_class: '', order_type: 'market', type: 'market', side: own.side, time_in_force: 'day' },
    ...{ limit_price: null, stop_price: null, trail_percent: null, trail_price: null, hwm: null },
    ...{ extended_hours: false, legs: null },
  };
}
