import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { dyingAt } from '../../support/interposed.ts';

// What a replay could not repeat is refused when it happens, or is carried out all the same.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => clock.release());

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const refs = (steps: { ref: string }[]) => steps.map(({ ref }) => ref);

describe('a step that is asked for inside a step', () => {
  const inside: [string, (workflow: Changing) => Promise<unknown>][] = [
    ['at once', (workflow) => workflow.echo('inner', 'x')],
    [
      'after a pause of its own',
      async (workflow) => {
        await new Promise(setImmediate);
        return workflow.echo('inner', 'x');
      },
    ],
    ['as a sleep', (workflow) => workflow.sleep('inner', { milliseconds: 1 })],
    ['as a wait', (workflow) => workflow.waitFor('approval', { timeout: { hours: 1 } })],
    ['as the time', (workflow) => workflow.now('inner')],
    ['as a random number', (workflow) => workflow.random('inner')],
    [
      'as one of several',
      (workflow) => Promise.all([workflow.echo('inner', 'x'), workflow.echo('other', 'y')]),
    ],
  ];

  test.each(inside)('%s is refused when it happens, and is not executed', async (_, ask) => {
    script.define = (workflow) => workflow.do('outer', () => ask(workflow));
    const run = await start(newKey());
    expect(run).toMatchObject({
      state: 'ERROR',
      error: { name: 'MisuseError', message: expect.stringContaining('inside step "outer"') as string },
    });
    expect(refs(run.steps)).toEqual(['outer']);
    expect(calls).toEqual([]);
  });

  test('is refused in the same way after a crash, and harms no other step', async () => {
    script.define = async (workflow) => {
      const outer = await workflow
        .do('outer', () => workflow.echo('inner', 'x'))
        .catch((error: Error) => error.name);
      await workflow.echo('first', 'a');
      return [outer, await workflow.echo('second', 'b')];
    };
    const key = newKey();
    const crash = (_: unknown, { ref }: { ref: string }) => {
      if (ref === 'first') throw new Crash();
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: ['MisuseError', { value: 'b' }] });
    expect(names()).toEqual(['a', 'b']);
  });

  test('is not mistaken for one that is asked for when a step has ended', async () => {
    script.define = (workflow) =>
      Promise.all(
        ['a', 'b'].map((name) =>
          workflow
            .do(`outer ${name}`, async () => {
              await new Promise(setImmediate);
              return name;
            })
            .then((value) => workflow.echo(`after ${name}`, value)),
        ),
      );
    expect(await start(newKey())).toMatchObject({ result: [{ value: 'a' }, { value: 'b' }] });
  });
});

describe('a ref that two branches use at the same time', () => {
  test('is refused when it happens, and the first one goes on', async () => {
    script.define = async (workflow) => {
      const [one, other] = await Promise.allSettled([
        workflow.echo('same', 'one'),
        workflow.echo('same', 'other'),
      ]);
      return [one.status, (other as PromiseRejectedResult).reason as Error].map(String);
    };
    expect(await start(newKey())).toMatchObject({
      state: 'SUCCESS',
      result: ['fulfilled', expect.stringMatching(/MisuseError.*same ref/) as string],
    });
    expect(names()).toEqual(['one']);
  });
});

describe('a step that the workflow does not await', () => {
  /** As many steps before it as said. */
  const loose = (before: number, more: (workflow: Changing) => unknown) => async (workflow: Changing) => {
    for (let step = 0; step < before; step++) await workflow.echo(`before ${step}`, String(step));
    more(workflow);
    return 'done';
  };

  test.each([1, 2])('is carried out before the run ends, where %i steps come before it', async (before) => {
    script.define = loose(before, (workflow) => void workflow.echo('loose', 'x'));
    const run = await start(newKey());
    expect(run).toMatchObject({ state: 'SUCCESS', result: 'done' });
    expect(refs(run.steps)).toContain('loose');
    expect(names()).toContain('x');
  });

  test('is named with its failure, and the run ends as the workflow says', async () => {
    script.define = loose(1, (workflow) => void workflow.do('loose', new Refuse()));
    expect(await start(newKey())).toMatchObject({
      state: 'SUCCESS',
      steps: [{}, { ref: 'loose', outcome: { state: 'ERROR', error: { name: 'OutOfStockError' } } }],
    });
  });

  test.each(['before', 'after'] as const)(
    'is executed once on record, whichever write the process dies at, %s the write',
    async (at) => {
      for (let n = 1; ; n++) {
        calls.length = 0;
        script.define = loose(2, (workflow) => void workflow.echo('loose', 'x'));
        const key = newKey();
        const { backend, life } = dyingAt(backendOf(test_.app), n, at);
        const time = { remainingMs: () => 60_000, stepMs: -1 };
        await start(key, new Runner(backend, silent, time)).catch(() => undefined);
        if (!life.isOver) break;
        clock.put(61_000);
        const run = await start(key);
        expect(run).toMatchObject({ state: 'SUCCESS', result: 'done' });
        expect(await test_.actions.countDocuments({ _id: runId(key) })).toBe(1);
        // One key, so that its callee does the work once.
        expect(new Set(calls.map(({ key }) => key)).size).toBe(new Set(names()).size);
      }
    },
  );
});
