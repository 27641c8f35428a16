import * as z from 'zod';
import { text } from '../functions/contracts/text.ts';

/** Members that several commands take. */
export { stockSymbol } from '../functions/contracts/stock.ts';
export { MOST_SYMBOLS, shard, type Shard } from '../functions/contracts/shard.ts';
export { idempotencyKey } from '../functions/contracts/text.ts';

export const runId = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'the id of a run is 24 hexadecimal digits, as "list" shows them');
export const instant = (what: string) =>
  z.iso.datetime({ error: `${what} is an ISO 8601 time in UTC, such as "2026-01-05T14:30:00Z"` });
export const stepRef = text('the ref of a step', { max: 200 });
/** What a person says about a command. It is kept and shown. */
export const note = text('a note', { max: 500 }).optional();
export const cursor = text('a cursor', { max: 1_000 }).optional();
export const nextCursor = z.string().nullable().describe('for the next page; null at the end');
