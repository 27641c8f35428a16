import * as z from 'zod';
import { Money } from '../../../functions/shared/money.ts';
import { available, buyingPower, held, heldForOrders, openOrders } from './accounts.ts';
import { type Placing, place } from './lifecycle.ts';
import { type Refusal, forbidden, invalid, unprocessable } from './replies.ts';
import { mayFollow } from './states.ts';
import type { Account, Order } from './types.ts';
import type { World } from './world.ts';

const MAX_KEY = 128;
/** Dollars; https://docs.alpaca.markets/docs/fractional-trading. */
const LEAST_VALUE = 1;

const amount = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d+(\.\d+)?$/));
const body = z.object({
  symbol: z.string().min(1),
  side: z.enum(['buy', 'sell']),
  type: z.string(),
  time_in_force: z.string(),
  qty: amount.nullish(),
  notional: amount.nullish(),
  client_order_id: z.string().nullish(),
  extended_hours: z.boolean().nullish(),
  order_class: z.enum(['', 'simple']).nullish(),
});

/**
 * Judges a request for an order in the documented ways, and takes it. Codes and messages are what the API answers;
 * https://docs.alpaca.markets/docs/orders-at-alpaca, .../docs/fractional-trading and .../docs/user-protection name the
 * rules, https://docs.alpaca.markets/reference/postorder the fields.
 */
export function placeOrder(world: World, account: Account, text: unknown): Order | Refusal {
  const parsed = body.safeParse(text);
  if (!parsed.success) return invalid(z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' '));
  const { symbol, side, qty, notional, client_order_id: key, type, time_in_force: force } = parsed.data;
  const { options } = account;
  if (options.tradingBlocked || options.accountBlocked)
    return forbidden('trading is blocked for this account');
  if (qty != null && notional != null) return invalid('only one of qty or notional is accepted');
  if (qty == null && notional == null) return invalid('qty or notional is required');
  if (key != null && key.length > MAX_KEY) {
    return invalid(`client_order_id must be no more than ${MAX_KEY} characters`);
  }
  const asset = world.market.assets.get(symbol);
  if (!asset) return unprocessable(`asset "${symbol}" not found`);
  if (asset.tradable === false) return unprocessable(`asset "${symbol}" is not tradable`);
  const placing: Placing = {
    ...{ account, symbol, side, clientOrderId: key ?? world.id() },
    ...{ qty: qty == null ? undefined : new Money(qty) },
    ...{ notional: notional == null ? undefined : new Money(notional) },
  };
  const isFractional = !placing.qty?.isInteger();
  if (isFractional && force !== 'day') return unprocessable('fractional orders must be DAY orders');
  if (type !== 'market' || force !== 'day')
    return unprocessable('this fake takes market orders for the day only');
  if (isFractional && asset.fractionable === false) return forbidden(`asset "${symbol}" is not fractionable`);
  const reasons = [
    () => taken(placing),
    () => misSized(placing),
    () => opposite(placing),
    () => unaffordable(world, placing, isFractional),
  ];
  if (world.judgesKeyLast) reasons.push(reasons.shift()!);
  for (const reason of reasons) {
    const refused = reason();
    if (refused) return refused;
  }
  return place(world, placing);
}

const taken = ({ account, clientOrderId: key }: Placing): Refusal | undefined =>
  account.orders.some(({ clientOrderId }) => clientOrderId === key)
    ? invalid('client_order_id must be unique')
    : undefined;

function misSized({ qty, notional }: Placing): Refusal | undefined {
  if (qty && qty.decimalPlaces() > 9) return unprocessable('qty must be limited to 9 decimal places');
  if (qty?.isZero()) return unprocessable('qty must be > 0');
  if (notional && notional.decimalPlaces() > 2) {
    return unprocessable('notional value must be limited to 2 decimal places');
  }
  return undefined;
}

/** Orders of both sides of a symbol must not be open at once. */
function opposite({ account, symbol, side }: Placing): Refusal | undefined {
  const [existing] = openOrders(account, symbol, side === 'buy' ? 'sell' : 'buy');
  if (!existing) return undefined;
  if (held(account, symbol).isZero() && side === 'buy') {
    return forbidden('cannot open a long buy while a short sell order is open');
  }
  return forbidden('potential wash trade detected. use complex orders', {
    existing_order_id: existing.id,
    reject_reason: 'opposite side market/stop order exists',
  });
}

/** A position is closed before one of the other side is opened: one order can't do both. */
function unaffordable(world: World, placing: Placing, isFractional: boolean): Refusal | undefined {
  const { account, symbol, side } = placing;
  const price = world.market.lastTrade(symbol, world.time).price;
  const qty = placing.qty ?? placing.notional!.div(price).toDecimalPlaces(9, Money.ROUND_DOWN);
  const value = placing.notional ?? qty.times(price);
  if (isFractional && value.lessThan(LEAST_VALUE)) {
    return forbidden(`cost basis must be >= minimal amount of order ${LEAST_VALUE}`, {
      cost_basis: value.toFixed(),
    });
  }
  const position = held(account, symbol);
  const closes = side === 'sell' ? position.greaterThan(0) : position.isNegative();
  if (closes) return overdrawn(placing, qty);
  if (side === 'sell') {
    if (isFractional) return unprocessable('fractional orders cannot be sold short');
    if (!account.options.shortingEnabled) return forbidden('account is not allowed to short');
    if (world.market.assets.get(symbol)!.shortable === false) {
      return unprocessable(`asset "${symbol}" cannot be sold short`);
    }
  }
  const power = buyingPower(world, account);
  if (value.lessThanOrEqualTo(power)) return undefined;
  return forbidden('insufficient buying power', {
    buying_power: power.toFixed(),
    cost_basis: value.toFixed(),
  });
}

function overdrawn({ account, symbol, side }: Placing, qty: Money): Refusal | undefined {
  const free = available(account, symbol).abs();
  if (qty.lessThanOrEqualTo(free)) return undefined;
  const message = `insufficient qty available for order (requested: ${qty.toFixed()}, available: ${free.toFixed()})`;
  return forbidden(message, {
    ...{ symbol, available: free.toFixed(), existing_qty: held(account, symbol).toFixed() },
    held_for_orders: heldForOrders(account, symbol).toFixed(),
    related_orders: openOrders(account, symbol, side).map(({ id }) => id),
  });
}

/**
 * What may replace an order, and when not (https://docs.alpaca.markets/reference/patchorderbyorderid-1): not while it
 * is accepted, pending or ended; never an order in dollars; a fractional quantity does not change.
 */
export function refusedReplacement(order: Order, qty: string | undefined): Refusal | undefined {
  if (
    !mayFollow(order.status, 'replaced') ||
    ['accepted', 'pending_new', 'pending_cancel'].includes(order.status)
  ) {
    return unprocessable(`order is in "${order.status}" state and cannot be replaced`);
  }
  if (!order.qty) return unprocessable('notional orders cannot be replaced');
  if (qty !== undefined && !(order.qty.isInteger() && new Money(qty).isInteger())) {
    return unprocessable('qty of fractional orders cannot be replaced');
  }
  return undefined;
}
