import { randomUUID } from 'node:crypto';
import { hook, STEPS, type ContestantModule } from '../contestants/contestant.ts';

/** Connects, runs one workflow, and answers the instant at which its first step began. */
export async function firstStep({ start }: ContestantModule, uri: string) {
  const engine = await start(uri);
  let reachedAt = 0;
  hook.step = () => {
    reachedAt ||= performance.timeOrigin + performance.now();
  };
  await engine.run(randomUUID(), STEPS);
  return { reachedAt };
}
