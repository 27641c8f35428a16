import { withDurableExecution, type DurableContext } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { hook, inParallel, STEPS, type Engine } from './contestant.ts';

interface Argument {
  key: string;
  steps: number;
  /** Waits before the step of this index, and so is invoked a second time for it. */
  waitBefore?: number;
}

const invocations = new Map<string, number>();

const steps = withDurableExecution(async ({ key, steps, waitBefore }: Argument, context: DurableContext) => {
  invocations.set(key, performance.now());
  for (let index = 0; index < steps; index++) {
    if (index === waitBefore) await context.wait('pause', { seconds: 1 });
    await context.step(`step-${index}`, async () => {
      await hook.step(index, key);
      return { index };
    });
  }
});

export async function start(): Promise<Engine> {
  await LocalDurableTestRunner.setupTestEnvironment({ skipTime: false });

  async function execute(payload: Argument): Promise<void> {
    const runner = new LocalDurableTestRunner({ handlerFunction: steps });
    const status = (await runner.run({ payload })).getStatus();
    if (status !== 'SUCCEEDED') throw new Error(`the durable execution ${payload.key} is ${status}`);
  }

  return {
    run: (key, count) => execute({ key, steps: count }),
    tick: (keys) => inParallel(keys, (key) => execute({ key, steps: STEPS })),
    /** From the start of the invocation that is given the history; reading it is the service's part. */
    async resume(key, count) {
      let ms = NaN;
      hook.step = (index) => {
        if (index === count) ms = performance.now() - invocations.get(key)!;
      };
      await execute({ key, steps: count + 1, waitBefore: count });
      return ms;
    },
    close: async () => {
      await LocalDurableTestRunner.teardownTestEnvironment();
    },
  };
}
