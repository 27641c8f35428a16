import { Action, ActionApp, ActionState, Workflow } from '@wbce/orbits-core';
import { setTimeout as sleep } from 'node:timers/promises';
import { hook, STEPS, type Engine } from './contestant.ts';

const POLL_MS = 10;
const POLLS_AT_REST = 10;
const MAX_POLLS = 6000;

class Step extends Action {
  static override permanentRef = 'bench-step';
  declare IArgument: { key: string; index: number };

  override async main() {
    await hook.step(this.argument.index, this.argument.key);
    this.setResult({ index: this.argument.index });
    return ActionState.SUCCESS;
  }
}

class Steps extends Workflow {
  static override permanentRef = 'bench-steps';
  declare IArgument: { key: string; steps: number };

  override define() {
    const { key, steps } = this.argument;
    for (let index = 0; index < steps; index++) {
      this.next(() => {
        const step = new Step();
        step.setArgument({ key, index });
        return step;
      });
    }
  }
}

export async function start(uri: string): Promise<Engine> {
  const app = new ActionApp({
    workers: { quantity: 0 },
    db: { mongo: { url: uri, opts: { dbName: 'bench' } } },
  });
  app.logger.silent = true;
  app.declare = [Step, Steps];
  await app.bootstrap();

  /**
   * Orbits resumes a workflow's children without awaiting them, and each that ends resumes the workflow. If one stops on
   * the way, Orbits' pollers would resume it; here this function does.
   */
  async function run(key: string, steps: number): Promise<void> {
    const workflow = new Steps();
    workflow.setArgument({ key, steps });
    await workflow.save();
    for (let polls = 0; workflow.dbDoc.state < ActionState.SUCCESS; polls++) {
      if (polls > MAX_POLLS) throw new Error(`Orbits' run ${key} did not end`);
      if (polls % POLLS_AT_REST === 0) await workflow.resume();
      await sleep(POLL_MS);
      await workflow.resyncWithDb();
    }
    if (workflow.dbDoc.state !== ActionState.SUCCESS) throw new Error(`Orbits' run ${key} failed`);
  }

  return {
    run,
    // One at a time: its transactions are taken without isolation here, and several runs at once then end in error.
    async tick(keys) {
      for (const key of keys) await run(key, STEPS);
    },
    close: () => app.db.mongo!.conn!.close(),
  };
}
