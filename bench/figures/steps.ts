import { randomUUID } from 'node:crypto';
import { hook, STEPS, type Engine } from '../contestants/contestant.ts';

const WARM_UP = 5;

/** Milliseconds from the start of one step's work to the start of the next one's, and of whole runs; their work is empty. */
export async function steps(engine: Engine, { count }: { count: number }) {
  const gaps: number[] = [];
  const wholes: number[] = [];
  for (let run = 0; run < WARM_UP + count; run++) {
    let last: number | undefined;
    hook.step = () => {
      const now = performance.now();
      if (last !== undefined && run >= WARM_UP) gaps.push(now - last);
      last = now;
    };
    const began = performance.now();
    await engine.run(randomUUID(), STEPS);
    if (run >= WARM_UP) wholes.push(performance.now() - began);
  }
  return { gaps, wholes };
}
