import * as z from 'zod';
import type { CorporateAction } from '../market.ts';

const symbol = z.string().min(1);
const day = z.date().transform((date) => date.toISOString().slice(0, 10));
/** JSON numbers of at most 15 digits, so that their text is what was sent. */
const rate = z.number().positive().transform(String);

const listOf = <T extends z.ZodType<CorporateAction>>(action: T) => z.array(action).default([]);

const split = z
  .object({ symbol, exDate: day, oldRate: rate, newRate: rate })
  .transform(({ symbol, exDate, oldRate, newRate }) => ({
    symbol,
    what: `split ${newRate} for ${oldRate}`,
    day: exDate,
    split: { from: oldRate, to: newRate },
  }));

/** An action that is known by its name alone: what it makes of the shares is for a person to see. */
const named = (what: string, symbolIn: string, dayIn: string) =>
  z
    .record(z.string(), z.unknown())
    .transform((action) => ({ what, symbol: action[symbolIn], day: action[dayIn] }))
    .pipe(z.object({ what: z.string(), symbol, day }));

/** A page of https://docs.alpaca.markets/reference/corporateactions-1; the SDK's names of what changes shares. */
export const corporateActions = z.object({
  corporateActions: z
    .object({
      forwardSplits: listOf(split),
      reverseSplits: listOf(split),
      unitSplits: listOf(named('unit split', 'oldSymbol', 'effectiveDate')),
      stockDividends: listOf(named('stock dividend', 'symbol', 'exDate')),
      spinOffs: listOf(named('spin-off', 'sourceSymbol', 'exDate')),
      rightsDistributions: listOf(named('distribution of rights', 'sourceSymbol', 'exDate')),
      cashMergers: listOf(named('cash merger', 'acquireeSymbol', 'effectiveDate')),
      stockMergers: listOf(named('stock merger', 'acquireeSymbol', 'effectiveDate')),
      stockAndCashMergers: listOf(named('stock and cash merger', 'acquireeSymbol', 'effectiveDate')),
      nameChanges: listOf(named('change of symbol', 'oldSymbol', 'processDate')),
      redemptions: listOf(named('redemption', 'symbol', 'processDate')),
      worthlessRemovals: listOf(named('removal as worthless', 'symbol', 'processDate')),
    })
    .transform((lists) => Object.values(lists).flat()),
  nextPageToken: z.string().nullish(),
});

/** The broker's names of the types above; dividends in cash change no shares. */
export const TYPES = [
  ...['forward_split', 'reverse_split', 'unit_split', 'stock_dividend', 'spin_off', 'rights_distribution'],
  ...[
    'cash_merger',
    'stock_merger',
    'stock_and_cash_merger',
    'name_change',
    'redemption',
    'worthless_removal',
  ],
].join(',');
