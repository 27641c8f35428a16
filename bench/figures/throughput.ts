import { randomUUID } from 'node:crypto';
import type { Engine } from '../contestants/contestant.ts';

/** The time of a tick with so many symbols, after a small one to warm up, and the most memory that the process took. */
export async function throughput(engine: Engine, { symbols, warmUp }: { symbols: number; warmUp: number }) {
  const keys = (count: number) => Array.from({ length: count }, () => randomUUID());
  await engine.tick(keys(warmUp));
  const began = performance.now();
  await engine.tick(keys(symbols));
  const ms = performance.now() - began;
  return { ms, peakMemoryMb: process.resourceUsage().maxRSS / 1024 };
}
