import { randomUUID } from 'node:crypto';
import { backendOf } from '../../orchestrator/durable/backend.ts';
import { connectedApp } from '../../orchestrator/durable/app.ts';
import { DurableWorkflow } from '../../orchestrator/durable/durable-workflow.ts';
import { runId } from '../../orchestrator/durable/ids.ts';
import type { Run } from '../../orchestrator/durable/run.ts';
import { Runner } from '../../orchestrator/durable/runner.ts';
import { runTick } from '../../orchestrator/tick/run-tick.ts';
import { hook, STEPS, whenStep, type Engine } from './contestant.ts';

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

const thrown = {
  runFailed: (_: string, error: unknown) => {
    throw error;
  },
};

export async function start(uri: string): Promise<Engine> {
  const options = { declare: [Steps], uri, database: 'bench', historyDays: 30 };
  const app = await connectedApp(() => Promise.resolve(options));
  const runner = (observer = silent, remainingMs = 600_000) =>
    new Runner(backendOf(app), observer, { remainingMs: () => remainingMs, stepMs: -1 });
  const begin = (on: Runner, key: string, steps: number) =>
    on.run({ key, workflow: new Steps().setArgument({ key, steps }) });

  /** The product's own tick: it also looks for runs that are due, and for earlier runs of its symbols. */
  async function tick(keys: string[]): Promise<void> {
    const starts = keys.map((key, symbol) => ({
      key,
      workflow: new Steps().setArgument({ key, steps: STEPS }),
      filter: { overlap: `bench/${symbol}` },
    }));
    const trigger = { key: randomUUID(), at: new Date().toISOString(), isRedelivered: true };
    const overlap = 'skip' as const;
    const { runs } = await runTick({ ...trigger, overlap, starts, isOurs: () => true }, runner(), thrown);
    for (const run of runs) checkEnded(run, STEPS);
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
      checkEnded(await begin(runner(), key, steps), steps);
    },
    tick,
    async resume(key, steps) {
      const left = `${key}-${randomUUID()}`;
      await leave(left, steps);
      const next = whenStep(steps, left);
      const began = performance.now();
      const resumed = runner().resume(runId(left));
      const ms = (await next) - began;
      checkEnded(await resumed, steps + 1);
      return ms;
    },
    close: () => app.db.mongo!.conn!.close(),
  };
}

/** A run that fails or is skipped is faster than one that does its steps. */
function checkEnded(run: Run | undefined, steps: number): void {
  if (run?.state === 'SUCCESS' && run.steps.length === steps) return;
  throw new Error(`a run ended in ${run?.state} with ${run?.steps.length} steps instead of ${steps}`);
}
