import { Money } from '../../../functions/shared/money.ts';
import { iso } from './calendar.ts';
import { hasEnded } from './states.ts';
import type { Account, Order, Position, Side } from './types.ts';
import type { World } from './world.ts';

/** Of averages; the broker's own have more than four, and no documented number. */
const AVERAGE_DECIMALS = 13;

export const average = (value: Money, qty: Money): Money => value.div(qty).toDecimalPlaces(AVERAGE_DECIMALS);

/** What an order may still trade, in shares; of an order in dollars at the price that it was taken at. */
export function remaining({ qty, notional, filledQty, filledValue, reservedPrice }: Order): Money {
  if (qty) return qty.minus(filledQty);
  return notional!.minus(filledValue).div(reservedPrice).toDecimalPlaces(9, Money.ROUND_DOWN);
}

export const openOrders = (account: Account, symbol: string, side: Side): Order[] =>
  account.orders.filter((order) => order.symbol === symbol && order.side === side && !hasEnded(order.status));

export const held = (account: Account, symbol: string): Money =>
  account.positions.get(symbol)?.qty ?? new Money(0);

/** Shares that open orders on the closing side are going to take: they can't be sold (or bought back) twice. */
export function heldForOrders(account: Account, symbol: string): Money {
  const side = held(account, symbol).isNegative() ? 'buy' : 'sell';
  return openOrders(account, symbol, side).reduce((sum, order) => sum.plus(remaining(order)), new Money(0));
}

/**
 * Money for new orders: open orders that open a position bind what they may cost
 * (https://docs.alpaca.markets/docs/orders-at-alpaca#buying-power).
 */
export function buyingPower(world: World, account: Account): Money {
  const bound = [...world.open]
    .filter((order) => order.account === account && opens(order))
    .reduce((sum, order) => sum.plus(remaining(order).times(order.reservedPrice)), new Money(0));
  if (account.options.multiplier !== '2') return account.cash.minus(bound);
  const free = Money.max(world.equity(account).minus(margin(world, account)), 0);
  return free.times(2).minus(bound);
}

/** A buy is to open unless shares are owed, a sale is to close where shares are held. */
function opens({ account, symbol, side }: Order): boolean {
  const qty = held(account, symbol);
  return side === 'buy' ? !qty.isNegative() : !qty.greaterThan(0);
}

/** Half of what all positions are worth: the initial margin of Regulation T. */
function margin(world: World, account: Account): Money {
  return [...account.positions.values()].reduce((sum, { symbol, qty }) => {
    return sum.plus(qty.abs().times(world.market.lastTrade(symbol, world.time).price).div(2));
  }, new Money(0));
}

/**
 * Takes a trade into cash and position. The average entry price is the weighted one of the day
 * (https://docs.alpaca.markets/docs/position-average-entry-price-calculation); that page's first-in-first-out of later
 * days is not built here.
 */
export function book(account: Account, symbol: string, side: Side, qty: Money, price: Money): void {
  const change = side === 'buy' ? qty : qty.neg();
  account.cash = account.cash.minus(change.times(price));
  const position = account.positions.get(symbol) ?? { symbol, qty: new Money(0), cost: new Money(0) };
  const after = position.qty.plus(change);
  if (after.isZero()) {
    account.positions.delete(symbol);
    return;
  }
  const grows = position.qty.isZero() || position.qty.isNegative() === change.isNegative();
  position.cost = grows
    ? position.cost.plus(change.times(price))
    : position.cost.times(after).div(position.qty);
  position.qty = after;
  account.positions.set(symbol, position);
}

/** https://docs.alpaca.markets/reference/getaccount-1 */
export function accountJson(world: World, account: Account): object {
  const { options, cash, lastEquity } = account;
  const [equity, power] = [world.equity(account), buyingPower(world, account)];
  const values = [...account.positions.values()].map(({ symbol, qty }) =>
    qty.times(world.market.lastTrade(symbol, world.time).price),
  );
  const sum = (of: Money[]) => Money.sum(0, ...of).toFixed();
  return {
    ...{ id: `id-of-${options.accountNumber}`, account_number: options.accountNumber, status: 'ACTIVE' },
    ...{ currency: 'USD', cash: cash.toFixed(), equity: equity.toFixed(), last_equity: lastEquity.toFixed() },
    ...{
      portfolio_value: equity.toFixed(),
      buying_power: power.toFixed(),
      regt_buying_power: power.toFixed(),
    },
    non_marginable_buying_power: Money.max(Money.min(power, cash), 0).toFixed(),
    initial_margin: margin(world, account).toFixed(),
    long_market_value: sum(values.filter((value) => !value.isNegative())),
    short_market_value: sum(values.filter((value) => value.isNegative())),
    ...{ multiplier: options.multiplier ?? '1', shorting_enabled: options.shortingEnabled ?? false },
    ...{ trading_blocked: options.tradingBlocked ?? false, account_blocked: options.accountBlocked ?? false },
    ...{ transfers_blocked: false, trade_suspended_by_user: false },
    ...{ pattern_day_trader: options.patternDayTrader ?? false, daytrade_count: options.daytradeCount ?? 0 },
  };
}

/** https://docs.alpaca.markets/reference/getallopenpositions */
export function positionJson(world: World, account: Account, { symbol, qty, cost }: Position): object {
  const price = world.market.lastTrade(symbol, world.time).price;
  const lastDay = world.market.lastTrade(symbol, world.calendar.previousClose(world.time)).price;
  const value = qty.times(price);
  const gain = value.minus(cost);
  const today = qty.times(price.minus(lastDay));
  const share = (part: Money, whole: Money) =>
    part.div(whole.abs()).toDecimalPlaces(AVERAGE_DECIMALS).toFixed();
  return {
    ...{ asset_id: `asset-${symbol}`, symbol, exchange: 'NASDAQ', asset_class: 'us_equity' },
    asset_marginable: true,
    ...{ qty: qty.toFixed(), side: qty.isNegative() ? 'short' : 'long' },
    qty_available: available(account, symbol).toFixed(),
    avg_entry_price: average(cost, qty).toFixed(),
    ...{ cost_basis: cost.toFixed(), market_value: value.toFixed(), current_price: price.toFixed() },
    ...{ unrealized_pl: gain.toFixed(), unrealized_plpc: share(gain, cost) },
    ...{ unrealized_intraday_pl: today.toFixed(), unrealized_intraday_plpc: share(today, cost) },
    ...{ lastday_price: lastDay.toFixed(), change_today: share(price.minus(lastDay), lastDay) },
  };
}

/** What can be sold (or bought back), with the sign of the position. */
export function available(account: Account, symbol: string): Money {
  const qty = held(account, symbol);
  const bound = heldForOrders(account, symbol);
  return qty.isNegative() ? qty.plus(bound) : qty.minus(bound);
}

/** A new session's day begins with the equity at which the last one closed. */
export function closeDay(world: World): void {
  for (const account of world.accounts) account.lastEquity = world.equity(account);
}

/** `20220203000000000::<uuid>`; https://docs.alpaca.markets/docs/account-activities. */
export function record(
  world: World,
  account: Account,
  type: 'FILL' | 'DIV' | 'SPLIT',
  fields: Record<string, string>,
): void {
  const id = `${iso(world.time).replace(/\D/g, '')}::${world.id()}`;
  account.activities.push({ id, at: world.time, type, fields });
}
