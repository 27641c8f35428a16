import { OpenWorkflow } from 'openworkflow';
import { BackendPostgres } from 'openworkflow/postgres';
import { setTimeout as sleep } from 'node:timers/promises';
import { hook, STEPS, whenStep, type Engine } from './contestant.ts';

const CONCURRENCY = 10;

interface Argument {
  key: string;
  steps: number;
  pauseBefore?: number;
}

export async function start(uri: string): Promise<Engine> {
  const backend = await BackendPostgres.connect(uri);
  const openWorkflow = new OpenWorkflow({ backend });
  const ended = new Map<string, () => void>();

  const workflow = openWorkflow.defineWorkflow<Argument, void, undefined>(
    { name: 'bench-steps' },
    async ({ input, step }) => {
      for (let index = 0; index < input.steps; index++) {
        if (index === input.pauseBefore) await step.sleep('pause', '1ms');
        await step.run({ name: `step-${index}` }, async () => {
          await hook.step(index, input.key);
          return { index };
        });
      }
      // Its own `result()` looks once a second; this is the first instant at which the run is known to have ended.
      ended.get(input.key)?.();
    },
  );

  const worker = openWorkflow.newWorker({ concurrency: CONCURRENCY });
  let working: Promise<void> | undefined;

  async function run(argument: Argument): Promise<void> {
    await (working ??= worker.start());
    const end = new Promise<void>((resolve) => ended.set(argument.key, resolve));
    await workflow.run(argument);
    await end;
    ended.delete(argument.key);
  }

  return {
    run: (key, steps) => run({ key, steps }),
    tick: async (keys) => {
      await Promise.all(keys.map((key) => run({ key, steps: STEPS })));
    },
    async resume(key, steps) {
      const before = steps === 0 ? Promise.resolve(0) : whenStep(steps - 1, key);
      const end = new Promise<void>((resolve) => ended.set(key, resolve));
      await workflow.run({ key, steps: steps + 1, pauseBefore: steps });
      await worker.tick();
      await before;
      await sleep(200);
      const next = whenStep(steps, key);
      const began = performance.now();
      await worker.tick();
      const ms = (await next) - began;
      await end;
      return ms;
    },
    close: async () => {
      await worker.stop();
      await backend.stop();
    },
  };
}
