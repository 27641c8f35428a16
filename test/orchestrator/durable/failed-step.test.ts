import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { dyingAt } from '../../support/interposed.ts';
import { Scripted } from '../../support/scripted.ts';

// Which step failed a run is on record: a retry resumes it just before that step.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Scripted]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  failing.clear();
});
afterEach(() => clock.release());

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const retry = (key: string, from?: string) => test_.runner().retry(runId(key), from);
const control = () => new RunControl(backendOf(test_.app));
const names = () => calls.map(({ name }) => name);

/** The steps that fail now. */
const failing = new Set<string>();
const step = (workflow: Changing, ref: string) =>
  workflow.do(
    ref,
    Scripted.of({
      main: (action) => {
        calls.push({ name: ref, key: action.idempotencyKey });
        if (failing.has(ref)) throw new RangeError(`${ref} failed`);
        action.setResult({ of: ref });
        return ActionState.SUCCESS;
      },
    }),
  );

/** What a workflow does about a failure, and what a retry executes again. */
const handled: [string, (workflow: Changing) => Promise<unknown>, string[], string[]][] = [
  [
    'sends a message about it, and throws it again',
    async (workflow) => {
      try {
        await step(workflow, 'step');
      } catch (error) {
        await step(workflow, 'notify');
        throw error;
      }
    },
    ['first', 'step', 'notify'],
    ['step', 'last'],
  ],
  [
    'throws its own error, whose cause it is',
    (workflow) =>
      step(workflow, 'step').catch((cause: unknown) => {
        throw new Error('of its own', { cause });
      }),
    ['first', 'step'],
    ['step', 'last'],
  ],
  [
    'does two more steps, and throws it again',
    (workflow) =>
      step(workflow, 'step').catch(async (error: unknown) => {
        await step(workflow, 'notify');
        await step(workflow, 'notify another');
        throw error;
      }),
    ['first', 'step', 'notify', 'notify another'],
    ['step', 'last'],
  ],
  [
    'cleans up in `finally`',
    async (workflow) => {
      try {
        await step(workflow, 'step');
      } finally {
        await step(workflow, 'clean up');
      }
    },
    ['first', 'step', 'clean up'],
    // It is on record that this is done.
    ['step', 'last'],
  ],
  [
    'tries another step instead, which fails too',
    (workflow) => step(workflow, 'other').catch(() => step(workflow, 'step')),
    ['first', 'other', 'step'],
    ['step', 'last'],
  ],
  [
    'goes on, and throws it at the end',
    async (workflow) => {
      const failed = await step(workflow, 'step').then(
        () => undefined,
        (error: Error) => error,
      );
      await step(workflow, 'between');
      if (failed !== undefined) throw failed;
    },
    ['first', 'step', 'between'],
    ['step', 'last'],
  ],
];

describe.each(handled)('a run whose workflow, where a step fails, %s', (_, define, live, retried) => {
  async function failedRun() {
    script.define = async (workflow) => {
      await step(workflow, 'first');
      await define(workflow);
      return step(workflow, 'last');
    };
    failing.add('step').add('other');
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    expect(names()).toEqual(live);
    return key;
  }

  test('is retried from that step, and from no other', async () => {
    const key = await failedRun();
    const stepKey = calls.find(({ name }) => name === 'step')!.key;
    calls.length = 0;
    failing.clear();
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS', result: { of: 'last' }, blocked: null });
    expect(names()).toEqual(retried);
    expect(calls[0]!.key).toBe(stepKey);
  });

  test('fails again, as often as it is retried, and is never blocked', async () => {
    const key = await failedRun();
    for (let time = 0; time < 5; time++) {
      expect(await retry(key)).toMatchObject({
        state: 'ERROR',
        error: { message: expect.any(String) as string },
      });
    }
    failing.clear();
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS', blocked: null });
  });

  test.each(['before', 'after'] as const)(
    'ends in the same way, whichever write of the retry its process dies at, %s the write',
    async (at) => {
      for (let n = 1; ; n++) {
        calls.length = 0;
        const key = await failedRun();
        failing.clear();
        const { backend, life } = dyingAt(backendOf(test_.app), n, at);
        const time = { remainingMs: () => 60_000, stepMs: -1 };
        const runner = new Runner(backend, silent, time);
        await runner.retry(runId(key)).catch(() => undefined);
        if (!life.isOver) break;
        clock.put(61_000);
        const resumed = await start(key);
        const run = resumed.state === 'ERROR' ? await retry(key) : resumed;
        expect(run).toMatchObject({ state: 'SUCCESS', result: { of: 'last' }, blocked: null });
      }
    },
  );
});

describe('a run that no step failed', () => {
  test('is resumed with all that it has, where its workflow threw an error of its own', async () => {
    let isBroken = true;
    script.define = async (workflow) => {
      await step(workflow, 'first');
      await step(workflow, 'step').catch(() => undefined);
      if (isBroken) throw new TypeError('a defect');
      return step(workflow, 'last');
    };
    failing.add('step');
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'TypeError' } });
    isBroken = false;
    failing.clear();
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['first', 'step', 'last']);
  });

  test('is resumed with all that it has, where a person cancelled it after a step had failed', async () => {
    script.define = async (workflow) => {
      await step(workflow, 'request').catch(() => undefined);
      await workflow.waitFor('approval', { timeout: { hours: 1 } });
      return step(workflow, 'trade');
    };
    failing.add('request');
    const key = newKey();
    await start(key);
    expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
    expect(await retry(key)).toMatchObject({
      state: 'IN_PROGRESS',
      waits: [{ ref: 'approval' }],
      blocked: null,
    });
    await control().signal(runId(key), 'approval', { approved: true });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { of: 'trade' } });
    expect(names()).toEqual(['request', 'trade']);
  });
});

describe('a retry that names a step', () => {
  const threeSteps = async (workflow: Changing) => {
    await step(workflow, 'one');
    await step(workflow, 'two');
    return step(workflow, 'three');
  };

  test('executes that step and those after it again, under their keys', async () => {
    script.define = threeSteps;
    failing.add('three');
    const key = newKey();
    await start(key);
    const keys = new Map(calls.map(({ name, key }) => [name, key]));
    calls.length = 0;
    failing.clear();
    expect(await retry(key, 'two')).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['two', 'three']);
    expect(calls.every(({ name, key }) => keys.get(name) === key)).toBe(true);
  });

  test('that the run does not have changes nothing', async () => {
    script.define = threeSteps;
    failing.add('three');
    const key = newKey();
    await start(key);
    const before = await test_.actions.findOne({ _id: runId(key) });
    await expect(retry(key, 'four')).rejects.toThrow('The run has no step "four".');
    expect(await test_.actions.findOne({ _id: runId(key) })).toEqual(before);
  });
});

test('of two retries at once, one resumes the run', async () => {
  script.define = (workflow) => step(workflow, 'step');
  failing.add('step');
  const key = newKey();
  await start(key);
  failing.clear();
  const retried = await Promise.all([retry(key), retry(key)]);
  expect(retried.filter((run) => run !== undefined)).toHaveLength(1);
  expect(names()).toEqual(['step', 'step']);
});
