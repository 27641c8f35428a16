import { DBOS } from '@dbos-inc/dbos-sdk';
import { hook, inParallel, STEPS, type Engine } from './contestant.ts';

export async function start(uri: string): Promise<Engine> {
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: uri, logLevel: 'error', runAdminServer: false });
  const workflow = DBOS.registerWorkflow(
    async (key: string, steps: number) => {
      for (let index = 0; index < steps; index++) {
        await DBOS.runStep(
          async () => {
            await hook.step(index, key);
            return { index };
          },
          { name: `step-${index}` },
        );
      }
    },
    { name: 'bench-steps' },
  );
  await DBOS.launch();

  async function run(key: string, steps: number): Promise<void> {
    const handle = await DBOS.startWorkflow(workflow, { workflowID: key })(key, steps);
    await handle.getResult();
  }

  return {
    run,
    tick: (keys) => inParallel(keys, (key) => run(key, STEPS)),
    close: () => DBOS.shutdown(),
  };
}
