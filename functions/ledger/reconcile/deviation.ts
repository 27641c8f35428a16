import type { Found } from '../../contracts/ledger.ts';
import type { CorporateAction } from '../../market/market.ts';
import { Money } from '../../shared/money.ts';
import type { Pair } from './look.ts';

/** Of shares at a broker. */
const SHARE_DECIMALS = 9;

/** How far the broker's average price may be from the book's; a split changes it by more. */
const COST_TOLERANCE = '0.1';

/** What differs between a book and the broker. */
export interface Deviation extends Pair {
  /** What a company did that explains the shares, as far as that is known. */
  action: CorporateAction | undefined;
}

const heldOf = ({ book }: Pair) => new Money(book.position.qty.toString());

const differsInShares = (pair: Pair) => !heldOf(pair).eq(pair.qty);
const differsInTrades = (pair: Pair) => pair.onRecord !== undefined && !heldOf(pair).eq(pair.onRecord);

export const isDifferent = (pair: Pair): boolean =>
  differsInShares(pair) || pair.stray.length > 0 || differsInTrades(pair);

/** The symbols whose shares a company may have changed. */
export const unexplained = (pairs: Pair[]): string[] =>
  pairs.filter(differsInShares).map(({ book }) => book._id);

/**
 * What a company did to the shares: the newest split of which exactly these shares come, or else the newest action that is
 * not a split.
 *
 * @param actions the oldest first
 */
export function explained(pair: Pair, actions: CorporateAction[]): Deviation {
  if (!differsInShares(pair)) return { ...pair, action: undefined };
  const own = actions.filter(({ symbol }) => symbol === pair.book._id);
  const action = own.findLast((each) => isSplitOf(pair, each)) ?? own.findLast(({ split }) => !split);
  return { ...pair, action };
}

/** A part of a share that a split leaves is kept, or paid for: https://docs.alpaca.markets/docs/mandatory-corporate-actions. */
function isSplitOf(pair: Pair, { split }: CorporateAction): boolean {
  const before = heldOf(pair);
  if (!split || before.isZero()) return false;
  const after = before.times(split.to).div(split.from);
  const isRatio =
    pair.qty.eq(after.toDecimalPlaces(SHARE_DECIMALS, Money.ROUND_DOWN)) || pair.qty.eq(after.trunc());
  // Shares that were traded by hand may have the same ratio, but not at a price that the split divides.
  const cost = new Money(pair.book.position.averageCost.toString()).times(split.from).div(split.to);
  return isRatio && pair.averagePrice.minus(cost).abs().lte(cost.times(COST_TOLERANCE));
}

/** The deviation as it stands in a book, and as a person reads it. */
export function toFound(deviation: Deviation): Found[] {
  const { qty, stray, onRecord, action } = deviation;
  const held = heldOf(deviation);
  const found: Found[] = stray.map(({ type, qty: ordered, status, id }) => ({
    kind: 'order',
    ledger: 'no such order',
    broker: `${type} ${ordered ?? 'for dollars'}, ${status} (${id})`,
  }));
  if (differsInShares(deviation)) {
    const kind = action === undefined ? 'position' : action.split ? 'split' : 'corporate-action';
    const why = action === undefined ? '' : ` (${action.what}, ${action.day})`;
    found.unshift({ kind, ledger: inShares(held), broker: `${inShares(qty)}${why}` });
  }
  if (differsInTrades(deviation)) {
    const ledger = `${inShares(held)}, by its trades ${inShares(onRecord!)}`;
    found.push({ kind: 'trades', ledger, broker: inShares(qty) });
  }
  return found;
}

const inShares = (qty: Money) => `${qty.toFixed()} ${qty.abs().eq(1) ? 'share' : 'shares'}`;

export const isSame = (one: Found[], other: Found[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
