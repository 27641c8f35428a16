import { randomUUID } from 'node:crypto';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import { connectedApp } from '../../orchestrator/durable/app.ts';
import { DurableWorkflow } from '../../orchestrator/durable/durable-workflow.ts';
import { runId } from '../../orchestrator/durable/ids.ts';
import { Runner, type RunObserver } from '../../orchestrator/durable/runner.ts';
import { hook, inParallel, STEPS, whenStep, type Engine } from './contestant.ts';

/** The one place at which the bench touches the product's code. */
class Steps extends DurableWorkflow {
  static override permanentRef = 'bench-steps';
  declare IArgument: { key: string; steps: number };

  override async define() {
    const { key, steps } = this.argument;
    for (let index = 0; index < steps; index++) {
      await this.do(`step-${index}`, async () => {
        await hook.step(index, key);
        return { index };
      });
    }
  }
}

class Crash extends Error {}

const silent: RunObserver = {
  runClaimed: () => undefined,
  runFound: () => undefined,
  stepStarted: () => undefined,
  stepEnded: () => undefined,
  runSuspended: () => undefined,
  runEnded: () => undefined,
};

const OPEN_LIMIT = 10_000;

export async function start(uri: string): Promise<Engine> {
  const options = { declare: [Steps], uri, database: 'bench', historyDays: 30 };
  const app = await connectedApp(() => Promise.resolve(options));
  const runner = (observer = silent, remainingMs = 600_000) =>
    new Runner(backendOf(app), observer, { remainingMs: () => remainingMs, stepMs: -1 });
  const begin = (on: Runner, key: string, steps: number) =>
    on.run({ key, workflow: new Steps().setArgument({ key, steps }) });

  async function tick(keys: string[]): Promise<void> {
    const on = runner();
    await on.findOpen(OPEN_LIMIT);
    await inParallel(keys, (key) => begin(on, key, STEPS));
  }

  /** As if its process had died after so many steps; its lease has ended by then. */
  async function leave(key: string, steps: number): Promise<void> {
    let left = steps;
    const crashing = {
      ...silent,
      stepEnded: () => {
        if (--left === 0) throw new Crash();
      },
    };
    await begin(runner(crashing, -1), key, steps + 1).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
  }

  return {
    run: async (key, steps) => {
      if (steps === STEPS) return tick([key]);
      await begin(runner(), key, steps);
    },
    tick,
    async resume(key, steps) {
      const left = `${key}-${randomUUID()}`;
      await leave(left, steps);
      const next = whenStep(steps, left);
      const began = performance.now();
      const resumed = runner().resume(runId(left));
      const ms = (await next) - began;
      await resumed;
      return ms;
    },
    close: () => app.db.mongo!.conn!.close(),
  };
}
