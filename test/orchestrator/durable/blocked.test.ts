import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, OtherEcho, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { LONG_BACKOFF, Scripted } from '../../support/scripted.ts';

// A fault of the operator blocks a run, visibly, and never ends or harms it.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, OtherEcho, Scripted]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => {
  clock.release();
  Changing.version = 1;
});

const HOUR = 3_600_000;
const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const control = () => new RunControl(backendOf(test_.app));
const names = () => calls.map(({ name }) => name);
/** What a deployment without the workflow makes of a run. */
const withoutWorkflow = (remainingMs = 60_000) => {
  const time = { remainingMs: () => remainingMs, stepMs: -1 };
  return new Runner({ ...backendOf(test_.app), workflows: new Map() }, silent, time);
};
const sleeping = async (workflow: Changing) => {
  await workflow.echo('before', 'a');
  await workflow.sleep('long', { hours: 1 });
  return workflow.echo('after', 'b');
};

/** A fault of the operator, and its repair. */
const faults: [string, () => { runner: Runner; repair: () => void }, string][] = [
  [
    'a workflow that was taken out of the registry',
    () => ({ runner: withoutWorkflow(), repair: () => undefined }),
    'UnknownWorkflowError',
  ],
  [
    'a roll-back to a version before the one that started it',
    () => {
      Changing.version = 0;
      return { runner: test_.runner(), repair: () => (Changing.version = 1) };
    },
    'UnknownWorkflowError',
  ],
  [
    'code that asks for other steps',
    () => {
      script.define = async (workflow) => {
        await workflow.echo('other', 'a');
      };
      return { runner: test_.runner(), repair: () => (script.define = sleeping) };
    },
    'NonDeterminismError',
  ],
];

describe.each(faults)('%s', (_, fault, name) => {
  async function blockedRun() {
    script.define = sleeping;
    const key = newKey();
    await start(key);
    clock.put(HOUR);
    const { runner, repair } = fault();
    return { key, runner, repair, block: () => runner.resume(runId(key)) };
  }
  const blocked = {
    state: 'IN_PROGRESS',
    blocked: { error: { name } },
    waits: expect.arrayContaining([expect.objectContaining({ ref: 'blocked' })]) as unknown,
  };

  test('blocks a run, visibly, for as long as it lasts, and the run goes on after it', async () => {
    const { key, block, repair } = await blockedRun();
    for (let pass = 0; pass < 25; pass++) expect(await block()).toMatchObject(blocked);
    expect(await control().find(runId(key))).toMatchObject(blocked);
    expect(await control().list({ state: 'BLOCKED', limit: 10 })).toMatchObject([{ key, ...blocked }]);
    repair();
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'b' }, blocked: null });
    expect(await control().list({ state: 'BLOCKED', limit: 10 })).toEqual([]);
    expect(names()).toEqual(['a', 'b']);
  });

  test('says since when, and is looked at less and less often', async () => {
    const { key, block } = await blockedRun();
    const since = new Date();
    const waits: number[] = [];
    for (let pass = 0; pass < 12; pass++) {
      const run = await block();
      expect(run?.blocked?.since).toEqual(since);
      const due = run!.waits.find(({ ref }) => ref === 'blocked')!.due.getTime();
      waits.push(due - Date.now());
      clock.put(due - Date.now());
    }
    expect(waits[0]).toBe(60_000);
    expect(waits.at(-1)).toBe(HOUR);
    expect(waits).toEqual(waits.toSorted((one, other) => one - other));
    await test_.actions.deleteOne({ _id: runId(key) });
  });

  test('lets a person cancel the run, which waited', async () => {
    const { key, block, repair } = await blockedRun();
    await block();
    expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
    repair();
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
    expect(names()).toEqual(['a']);
  });
});

test('a cancelled run whose code no longer matches its history ends, without a deployment', async () => {
  for (const define of [
    async (workflow: Changing) => void (await workflow.echo('other', 'a')),
    async (workflow: Changing) => void (await workflow.echo('before', 'another argument')),
    () => Promise.resolve('nothing'),
    (workflow: Changing) => workflow.echo('before', 'a'),
  ]) {
    script.define = sleeping;
    const key = newKey();
    await start(key);
    clock.put(HOUR);
    script.define = define;
    expect(await start(key)).toMatchObject({ blocked: { error: { name: 'NonDeterminismError' } } });
    await control().cancel(runId(key), 'no more');
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
  }
  expect(new Set(names())).toEqual(new Set(['a']));
});

describe('a run that retries a step, and is blocked meanwhile,', () => {
  /** Its first attempt fails; the next one is due much later. */
  async function retrying() {
    script.define = (workflow) =>
      workflow.do(
        'trade',
        Scripted.of({
          retryPolicy: LONG_BACKOFF,
          main: ({ idempotencyKey: key }) => {
            calls.push({ name: 'trade', key });
            if (calls.length < 3) throw new Error('no answer');
            return ActionState.SUCCESS;
          },
        }),
      );
    const key = newKey();
    const run = await start(key);
    expect(run).toMatchObject({ waits: [{ ref: 'trade', attempts: 1 }] });
    return { key, due: run.waits[0]!.due.getTime() };
  }

  test('keeps the attempts that it made, and when the next one is due', async () => {
    const { key, due } = await retrying();
    await withoutWorkflow().resume(runId(key));
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'trade', attempts: 1 }] });
    expect(calls).toHaveLength(1);
    clock.put(due - Date.now());
    expect(await start(key)).toMatchObject({ waits: [{ ref: 'trade', attempts: 2 }] });
  });

  test('is not cancelled: it may have traded', async () => {
    const { key } = await retrying();
    await withoutWorkflow().resume(runId(key));
    await withoutWorkflow().resume(runId(key));
    expect(await control().cancel(runId(key), 'no more')).toBe('uncertain');
  });
});

test('a run that is blocked after its orchestrator died in mid-step is not cancelled: it may have traded', async () => {
  script.define = (workflow) => workflow.echo('only', 'x');
  const key = newKey();
  const crash = () => {
    throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ stepStarted: crash }))).rejects.toThrow(Crash);
  for (let pass = 0; pass < 3; pass++) {
    await withoutWorkflow().resume(runId(key));
    expect(await control().cancel(runId(key), 'no more')).toBe('uncertain');
  }
  expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
});

test('an argument whose keys come in another order is the same argument', async () => {
  const crash = () => {
    throw new Crash();
  };
  const asking = (argument: object) => async (workflow: Changing) => {
    await workflow.do('step', new Echo().setArgument(argument as { value: string }));
    return workflow.echo('after', 'x');
  };
  script.define = asking({ value: 'a', more: { one: 1, two: [1, 2] } });
  const key = newKey();
  await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
  script.define = asking({ more: { two: [1, 2], one: 1 }, value: 'a' });
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', blocked: null });
  expect(names()).toEqual(['a', 'x']);
});

test('a run that makes progress is never given up, however often its orchestrator dies', async () => {
  script.define = async (workflow) => {
    for (let step = 0; step < 30; step++) await workflow.echo(`step ${step}`, String(step));
    return 'done';
  };
  const key = newKey();
  for (let pass = 0; pass < 15; pass++) {
    let ended = 0;
    const crash = () => {
      if (++ended === 2) throw new Crash();
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
  }
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: 'done' });
  expect(names()).toEqual(Array.from({ length: 30 }, (_, step) => String(step)));
});
