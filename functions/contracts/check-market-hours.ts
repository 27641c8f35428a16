import * as z from 'zod';
import { instant } from './stock.ts';
import { idempotencyKey } from './text.ts';

/** Whether the market is open at an instant (default: now). */
export const checkMarketHours = {
  name: 'check-market-hours',
  request: z.strictObject({ at: instant.optional(), idempotencyKey: idempotencyKey.optional() }),
  /** The times are of the session that is open, or else of the next one. */
  response: z.object({ is_open: z.boolean(), opens_at: instant, closes_at: instant }),
};
