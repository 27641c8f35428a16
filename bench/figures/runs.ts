import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { STEPS, type Engine } from '../contestants/contestant.ts';

const WARM_UP = 3;
/** Time for the counter to take the count before. */
const PAUSE_MS = 300;

/** Reports when it is warm, and again after this many runs of so many steps, one after the other. */
export async function runs(engine: Engine, { count, steps }: { count: number; steps: number }) {
  for (let run = 0; run < WARM_UP; run++) await engine.run(randomUUID(), STEPS);
  process.stdout.write('{"phase":"warm"}\n');
  await sleep(PAUSE_MS);
  for (let run = 0; run < count; run++) await engine.run(randomUUID(), steps);
  return {};
}
