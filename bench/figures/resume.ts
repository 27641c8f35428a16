import { randomUUID } from 'node:crypto';
import type { Engine } from '../contestants/contestant.ts';

/** Milliseconds from the takeover of a run, with so many steps recorded, to the start of its next step's work. */
export async function resume(engine: Engine, { recorded }: { recorded: number[] }) {
  await engine.resume!(randomUUID(), 3);
  const ms: number[] = [];
  for (const steps of recorded) ms.push(await engine.resume!(randomUUID(), steps));
  return { ms };
}
