import { Money } from '../../../functions/shared/money.ts';
import { record } from './accounts.ts';
import { dayOf, instantOf } from './new-york.ts';
import type { Dividend, Instant, Split } from './types.ts';
import type { World } from './world.ts';

/** Something that happens to all accounts at an instant. */
export interface MarketEvent {
  at: Instant;
  run: (world: World) => void;
}

/** What splits and dividends do to the accounts, in the order of time. */
export function corporateEvents(splits: readonly Split[], dividends: readonly Dividend[]): MarketEvent[] {
  const ofSplits = splits.map((split) => ({
    at: instantOf(split.exDate),
    run: (world: World) => applySplit(world, split),
  }));
  const ofDividends = dividends.flatMap((dividend) => {
    let due = new Map<string, Money>();
    return [
      { at: instantOf(dividend.exDate), run: (world: World) => void (due = holders(world, dividend)) },
      { at: instantOf(dividend.payableDate), run: (world: World) => pay(world, dividend, due) },
    ];
  });
  return [...ofSplits, ...ofDividends].toSorted((one, other) => one.at - other.at);
}

/**
 * Shares are multiplied, what they cost stays. Parts of shares that a reverse split leaves are kept as such
 * (https://alpaca.markets/blog/updated-terms-for-payments-in-fractional-shares/).
 */
function applySplit(world: World, { symbol, oldRate, newRate }: Split): void {
  for (const account of world.accounts) {
    const position = account.positions.get(symbol);
    if (!position) continue;
    const before = position.qty;
    position.qty = before.times(newRate).div(oldRate).toDecimalPlaces(9, Money.ROUND_DOWN);
    const qty = position.qty.minus(before).toFixed();
    record(world, account, 'SPLIT', { symbol, qty, ...dated(world), net_amount: '0' });
  }
}

/** Who holds shares when the day begins gets the dividend; who owes shares owes it. */
function holders(world: World, { symbol }: Dividend): Map<string, Money> {
  return new Map(
    world.accounts.flatMap(({ options, positions }) => {
      const position = positions.get(symbol);
      return position ? [[options.accountNumber, position.qty] as const] : [];
    }),
  );
}

function pay(world: World, { symbol, rate }: Dividend, due: Map<string, Money>): void {
  for (const account of world.accounts) {
    const qty = due.get(account.options.accountNumber);
    if (!qty) continue;
    const amount = qty.times(rate);
    account.cash = account.cash.plus(amount);
    record(world, account, 'DIV', {
      ...{ symbol, qty: qty.toFixed(), per_share_amount: rate, net_amount: amount.toFixed() },
      ...{ ...dated(world), activity_sub_type: 'CDIV' },
    });
  }
}

const dated = (world: World) => ({ date: dayOf(world.time), status: 'executed' });

/** https://docs.alpaca.markets/reference/corporateactions-1: by the day of their processing, both ends included. */
export function corporateActions(world: World, query: URLSearchParams): object {
  const today = dayOf(world.time);
  const [start, end] = [query.get('start') ?? today, query.get('end') ?? today];
  const symbols = query.get('symbols')?.split(',');
  const types = query.get('types')?.split(',');
  const chosen = <T extends { symbol: string; exDate: string }>(type: string, all: readonly T[]) =>
    all.flatMap((one, index) => {
      const isAsked = (symbols?.includes(one.symbol) ?? true) && (types?.includes(type) ?? true);
      if (!isAsked || one.exDate < start || one.exDate > end) return [];
      return [{ ...one, id: `${type}-${index}` }];
    });
  const split = ({ id, symbol, exDate, oldRate, newRate }: Split & { id: string }) => ({
    ...{ id, symbol, old_rate: Number(oldRate), new_rate: Number(newRate) },
    ...{ ex_date: exDate, process_date: exDate, record_date: exDate, payable_date: exDate },
  });
  const [forward, reverse] = [
    world.market.splits.filter(grows),
    world.market.splits.filter((one) => !grows(one)),
  ];
  const cusip = (symbol: string) => `CUSIP-${symbol}`;
  const found = {
    forward_splits: chosen('forward_split', forward).map((one) => ({
      ...split(one),
      cusip: cusip(one.symbol),
    })),
    reverse_splits: chosen('reverse_split', reverse).map((one) => ({
      ...{ ...split(one), old_cusip: cusip(one.symbol), new_cusip: `${cusip(one.symbol)}-NEW` },
    })),
    cash_dividends: chosen('cash_dividend', world.market.dividends).map((one) => ({
      ...{ id: one.id, symbol: one.symbol, cusip: cusip(one.symbol), rate: Number(one.rate) },
      ...{ foreign: false, special: false, ex_date: one.exDate, process_date: one.payableDate },
      payable_date: one.payableDate,
    })),
  };
  const filled = Object.entries(found).filter(([, actions]) => actions.length > 0);
  return { corporate_actions: Object.fromEntries(filled), next_page_token: null };
}

const grows = ({ oldRate, newRate }: Split): boolean => new Money(newRate).greaterThan(oldRate);

/** The older way to ask, deprecated; https://docs.alpaca.markets/reference/get-v2-corporate_actions-announcements-1. */
export function announcements(world: World, query: URLSearchParams): object[] {
  const [since, until, symbol] = [
    query.get('since') ?? '',
    query.get('until') ?? '9999',
    query.get('symbol'),
  ];
  const types = query.get('ca_types')?.split(',') ?? ['split', 'dividend'];
  const isAsked = (one: { symbol: string; exDate: string }) =>
    (symbol === null || one.symbol === symbol) && since <= one.exDate && one.exDate <= until;
  const common = (ca_type: string, one: { symbol: string; exDate: string }) => ({
    ...{
      id: `${ca_type}-${one.symbol}-${one.exDate}`,
      corporate_action_id: `${one.symbol}-${one.exDate}`,
      ca_type,
    },
    ...{ initiating_symbol: one.symbol, target_symbol: one.symbol, declaration_date: one.exDate },
    ...{ ex_date: one.exDate, record_date: one.exDate },
  });
  const splits = world.market.splits.filter(isAsked).map((one) => ({
    ...{ ...common('split', one), ca_sub_type: grows(one) ? 'stock_split' : 'reverse_split' },
    ...{ payable_date: one.exDate, cash: '0', old_rate: one.oldRate, new_rate: one.newRate },
  }));
  const dividends = world.market.dividends.filter(isAsked).map((one) => ({
    ...{ ...common('dividend', one), ca_sub_type: 'cash' },
    ...{ payable_date: one.payableDate, cash: one.rate, old_rate: '1', new_rate: '1' },
  }));
  return [...(types.includes('split') ? splits : []), ...(types.includes('dividend') ? dividends : [])];
}
