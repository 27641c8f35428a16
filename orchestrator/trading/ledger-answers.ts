import * as z from 'zod';
import { reconciliation } from '../../functions/contracts/reconcile-ledger.ts';
import { nextCursor } from '../fields.ts';

const position = z.object({
  symbol: z.string(),
  qty: z.string().describe('shares, a decimal string; negative if sold short'),
  averageCost: z.string().describe('dollars a share, rounded to 4 decimals, as the other amounts are'),
  realized: z
    .string()
    .describe('profit from shares that were bought and sold again, or sold and bought again'),
  price: z.string().nullable().describe('now; null if it is not needed, or not available'),
  unrealized: z.string().nullable().describe('profit, were the position closed at that price'),
});
export type PositionAnswer = z.output<typeof position>;

const trade = z.object({
  id: z.string().describe('the idempotency key of the order'),
  symbol: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.string().describe('shares, a decimal string'),
  price: z.string().describe('dollars a share'),
  timestamp: z.iso.datetime(),
});
export type TradeAnswer = z.output<typeof trade>;

const flattened = z.object({
  symbol: z.string(),
  outcome: z
    .enum(['traded', 'refused', 'nothing-held', 'pending', 'failed', 'planned'])
    .describe(
      '`pending`: not known yet, send the same command with the same key again; `planned`: what there is, with `dryRun`',
    ),
  reason: z.string().nullable().describe('why it was not traded'),
  trade: trade.nullable(),
  left: z.string().describe('shares that the book has after it; negative if owed'),
  open: z.int().describe('orders that may still be filled'),
});
export type Flattened = z.output<typeof flattened>;

export const flattenAnswer = z
  .object({ key: z.string(), flattened: z.array(flattened) })
  .meta({ title: 'flattened' });

const { canceled, left } = reconciliation.shape;

export const reconciliationAnswer = reconciliation.meta({ title: 'reconciliation' });
export const haltAnswer = z
  .object({
    canceled: canceled.optional(),
    left: left.optional(),
    halted: z
      .object({ since: z.iso.datetime(), note: z.string().optional() })
      .nullable()
      .describe('null if new orders are accepted'),
  })
  .meta({ title: 'trading' });
export const positionsAnswer = z
  .object({ positions: z.array(position), cursor: nextCursor })
  .meta({ title: 'positions' });
export const tradesAnswer = z
  .object({ trades: z.array(trade), cursor: nextCursor })
  .meta({ title: 'trades' });
