import { StepError } from '../../../orchestrator/durable/errors.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { calls, Changing, Echo, OtherEcho, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, OtherEcho, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
});

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);

/** Runs a key until the outcome of its n-th step is recorded, and crashes there. */
async function crashAfterStep(key: string, n: number): Promise<void> {
  let ended = 0;
  const crash = () => {
    if (++ended === n) throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
}

/** As though the process had crashed before the last outcome was recorded. */
const forgetLast = (key: string) =>
  test_.actions.updateOne({ _id: runId(key) }, { $pop: { 'bag.steps': 1 }, $inc: { 'bag.recorded': -1 } });

const threeSteps = async (workflow: Changing) => {
  const a = await workflow.echo('first', 'a');
  const b = await workflow.echo('second', `${a.value}b`);
  return workflow.echo('third', `${b.value}c`);
};

describe('a run', () => {
  test('executes each step once and keeps the outcome', async () => {
    script.define = threeSteps;
    const key = newKey();
    const run = await start(key);
    expect(run).toMatchObject({
      id: runId(key).toHexString(),
      key,
      state: 'SUCCESS',
      result: { value: 'abc' },
      error: null,
    });
    expect(run.steps.map(({ ref, outcome }) => [ref, outcome.state])).toEqual([
      ['first', 'SUCCESS'],
      ['second', 'SUCCESS'],
      ['third', 'SUCCESS'],
    ]);
    expect(await start(key)).toEqual(run);
    expect(names()).toEqual(['a', 'ab', 'abc']);
  });

  test.each([1, 2, 3])('that died after step %i goes on there and repeats nothing', async (n) => {
    script.define = threeSteps;
    const key = newKey();
    await crashAfterStep(key, n);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'abc' } });
    expect(names()).toEqual(['a', 'ab', 'abc']);
  });

  test('that died before an outcome was recorded repeats that step under the same idempotency key', async () => {
    script.define = threeSteps;
    const key = newKey();
    await crashAfterStep(key, 2);
    await forgetLast(key);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'abc' } });
    expect(names()).toEqual(['a', 'ab', 'ab', 'abc']);
    expect(calls[2]!.key).toBe(calls[1]!.key);
    expect(new Set(calls.map((call) => call.key)).size).toBe(3);
  });

  test('that was claimed ten times without progress is blocked, visibly, and tried again', async () => {
    script.define = threeSteps;
    const key = newKey();
    const crash = () => {
      throw new Crash();
    };
    for (let i = 0; i < 10; i++) {
      await expect(start(key, test_.doomedRunner({ stepStarted: crash }))).rejects.toThrow(Crash);
    }
    const run = await start(key);
    expect(run).toMatchObject({ state: 'IN_PROGRESS', blocked: { error: { name: 'CrashLoopError' } } });
    expect(run.blocked?.error.message).toContain('crashed 10 times');
    expect(calls).toEqual([]);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', blocked: null });
  });

  test('fails with the error that the workflow threw', async () => {
    script.define = () => Promise.reject(new RangeError('no such thing'));
    expect(await start(newKey())).toMatchObject({
      state: 'ERROR',
      result: null,
      error: { name: 'RangeError', message: 'no such thing' },
    });
  });
});

describe('a step', () => {
  test('may use a ref again once the step before has ended: their ids follow the order of the calls', async () => {
    script.define = async (workflow) => {
      const results: unknown[] = [];
      for (const value of ['x', 'y', 'z']) results.push(await workflow.echo('same', value));
      return results;
    };
    const key = newKey();
    await crashAfterStep(key, 2);
    const run = await start(key);
    expect(run.result).toEqual([{ value: 'x' }, { value: 'y' }, { value: 'z' }]);
    expect(new Set(calls.map((call) => call.key)).size).toBe(3);
    expect(new Set(run.steps.map(({ id }) => id.toHexString()))).toEqual(
      new Set(calls.map((call) => call.key)),
    );
    expect(names().sort()).toEqual(['x', 'y', 'z']);
  });

  test('of one branch may be recorded ahead of the other branch', async () => {
    const branch = async (workflow: Changing, name: string, delay: Promise<unknown>) => {
      await workflow.echo(`${name}-1`, `${name}1`);
      return workflow.do(`${name}-2`, async () => {
        await delay;
        calls.push({ name: `${name}2`, key: '' });
        return `${name}2`;
      });
    };
    let release!: (value?: unknown) => void;
    const held = new Promise((resolve) => (release = resolve));
    script.define = (workflow) =>
      Promise.all([branch(workflow, 'slow', held), branch(workflow, 'fast', Promise.resolve())]);
    const key = newKey();
    const crash = (_: unknown, { ref }: { ref: string }) => {
      if (ref === 'fast-2') {
        release();
        throw new Crash();
      }
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: ['slow2', 'fast2'] });
    expect(names().filter((name) => name === 'fast2')).toHaveLength(1);
  });

  test('that failed throws the same typed error at every replay', async () => {
    const caught: unknown[] = [];
    script.define = async (workflow) => {
      try {
        await workflow.do('refused', new Refuse());
      } catch (error) {
        caught.push(error);
      }
      await workflow.echo('after', 'after');
      return workflow.echo('last', 'last');
    };
    const key = newKey();
    await crashAfterStep(key, 2);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['refuse', 'after', 'last']);
    expect(caught).toHaveLength(2);
    for (const error of caught) {
      expect(error).toBeInstanceOf(StepError);
      expect(error).toMatchObject({
        ref: 'refused',
        name: 'OutOfStockError',
        message: 'three are missing',
        missing: 3,
      });
    }
  });

  test('gives what JSON keeps of its result, at once and at every replay', async () => {
    const seen: unknown[] = [];
    script.define = async (workflow) => {
      seen.push(await workflow.do('date', () => ({ at: new Date(0), gone: undefined })));
      seen.push(await workflow.do('nothing', () => undefined));
      seen.push(await workflow.do('text', () => 'plain'));
      await workflow.echo('last', 'x');
    };
    const key = newKey();
    await crashAfterStep(key, 3);
    await start(key);
    const values = [{ at: '1970-01-01T00:00:00.000Z' }, null, 'plain'];
    expect(seen).toEqual([...values, ...values]);
  });
});

describe('a workflow that no longer matches the history', () => {
  const changed: [string, (workflow: Changing) => Promise<unknown>, RegExp][] = [
    [
      'asks under another ref',
      async (w) => w.echo('renamed', (await w.echo('first', 'a')).value),
      /recorded is step "second".*asks for step "renamed"/,
    ],
    [
      'asks with another argument',
      async (w) => w.echo('second', `${(await w.echo('first', 'a')).value}!`),
      /recorded is step "second".*"ab".*asks for step "second".*"a!"/,
    ],
    [
      'asks for another action',
      async (w) =>
        w.do('second', new OtherEcho().setArgument({ value: `${(await w.echo('first', 'a')).value}b` })),
      /action "echo".*asks for.*action "other-echo"/,
    ],
    [
      'ends before the recorded step',
      (w) => w.echo('first', 'a'),
      /recorded is step "second".*asks for its end/,
    ],
    [
      'swallows the error',
      async (w) => {
        await w.echo('first', 'a');
        await w.echo('renamed', 'x').catch(() => undefined);
        return 'swallowed';
      },
      /recorded is step "second".*asks for step "renamed"/,
    ],
  ];

  test.each(changed)(
    'blocks its run when it %s, and does nothing, until the code is right again',
    async (_, define, message) => {
      script.define = threeSteps;
      const key = newKey();
      await crashAfterStep(key, 2);
      calls.length = 0;
      script.define = define;
      const run = await start(key);
      expect(run).toMatchObject({
        state: 'IN_PROGRESS',
        blocked: { error: { name: 'NonDeterminismError' } },
      });
      expect(run.blocked?.error.message).toMatch(message);
      expect(calls).toEqual([]);
      script.define = threeSteps;
      expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'abc' }, blocked: null });
      expect(names()).toEqual(['abc']);
    },
  );
});
