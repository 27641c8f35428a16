import type { Engine } from '../contestants/contestant.ts';
import { steps } from './steps.ts';
import { throughput } from './throughput.ts';

/** What is taken in every round, in one process. */
export async function race(engine: Engine, options: { runs: number; symbols: number; warmUp: number }) {
  return { ...(await steps(engine, { count: options.runs })), ...(await throughput(engine, options)) };
}
