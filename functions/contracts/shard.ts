import { createHash } from 'node:crypto';
import * as z from 'zod';

/** How many shards a list of symbols can have: with a schedule each, and the rest of the stack, below CloudFormation's 500. */
export const MOST_SHARDS = 200;

/** How many symbols one tick takes. */
export const MOST_SYMBOLS = 1_000;

/** One of several parts of a list of symbols, counted from 0. */
export const shard = z
  .strictObject({ index: z.int().min(0), of: z.int().min(1).max(MOST_SHARDS) })
  .refine(({ index, of }) => index < of, 'a shard is one of 0 to `of` less 1');
export type Shard = z.infer<typeof shard>;

/**
 * Which of a number of shards a symbol is in: the first four bytes of its SHA-256, big end first, modulo the number.
 * It never changes, because a tick looks for open runs only in its own shard.
 */
export function shardOf(symbol: string, of: number): number {
  return createHash('sha256').update(symbol).digest().readUInt32BE(0) % of;
}
