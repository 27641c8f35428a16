import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { dyingAt, interposed } from '../../support/interposed.ts';

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
});
afterEach(() => {
  Refuse.isFixed = false;
  clock.release();
});

const pagesOf = (key: string) => test_.pages.find({ run: runId(key) }).toArray();
const long = async (workflow: Changing) => {
  for (let step = 0; step < 3; step++) await workflow.echo('long', 'x'.repeat(20_000));
};
const time = { remainingMs: () => 60_000, stepMs: -1 };
const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
const define = async (workflow: Changing) => {
  for (let part = 0; part < 4; part++) await workflow.do(`large ${part}`, () => 'x'.repeat(20_000));
  await workflow.do('refused', new Refuse());
  await workflow.sleep('long', { days: 40 });
};
const expiring = (key: string) => test_.pages.countDocuments({ run: runId(key), endedAt: { $exists: true } });

test('of two retries at once, the one that comes too late lets no page of the open run expire', async () => {
  script.define = define;
  const key = newKey();
  expect(await start(key)).toMatchObject({ state: 'ERROR' });
  Refuse.isFixed = true;
  // The second retry has read the failed run; then the first one is carried out.
  let first: unknown;
  const backend = interposed(backendOf(test_.app), async (phase, command) => {
    if (phase !== 'before' || command !== 'findOneAndUpdate' || first) return;
    first = await test_.runner().retry(runId(key));
  });
  expect(await new Runner(backend, silent, time).retry(runId(key))).toBeUndefined();
  expect(first).toMatchObject({ state: 'IN_PROGRESS' });
  expect(await expiring(key)).toBe(0);
});

test('a run that is retried while the end of it is still being written keeps its pages', async () => {
  script.define = define;
  const key = newKey();
  let retried: unknown;
  const backend = interposed(backendOf(test_.app), async (phase, command) => {
    // Between the end of the run, and the pages' share in it.
    if (phase !== 'before' || command !== 'updateMany' || retried) return;
    Refuse.isFixed = true;
    retried = await test_.runner().retry(runId(key));
  });
  await new Runner(backend, silent, time).run({ key, workflow: new Changing() });
  expect(retried).toMatchObject({ state: 'IN_PROGRESS' });
  expect(await expiring(key)).toBe(0);
});

test('the pages of a run go with it, also where its orchestrator died as it ended', async () => {
  script.define = async (workflow) => {
    for (let part = 0; part < 4; part++) await workflow.do(`large ${part}`, () => 'x'.repeat(20_000));
  };
  for (let n = 1; ; n++) {
    const key = newKey();
    const { backend, life } = dyingAt(backendOf(test_.app), n, 'after');
    await new Runner(backend, silent, time).run({ key, workflow: new Changing() }).catch(() => undefined);
    if (!life.isOver) break;
    clock.put(61_000);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect([n, await test_.pages.countDocuments({ run: runId(key), endedAt: { $exists: false } })]).toEqual([
      n,
      0,
    ]);
  }
});

describe('the pages', () => {
  test('of a run that was retried from its first step expire with it', async () => {
    let isFixed = false;
    script.define = async (workflow) => {
      await workflow.echo('first', 'a');
      if (isFixed) return;
      await long(workflow);
      await workflow.do('refuse', new Refuse());
    };
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    expect((await pagesOf(key)).length).toBeGreaterThan(0);
    isFixed = true;
    expect(await test_.runner().retry(runId(key), 'first')).toMatchObject({ state: 'SUCCESS' });
    expect((await pagesOf(key)).filter(({ endedAt }) => !endedAt)).toEqual([]);
  });

  test('that expired before a retry keep the run from being open again', async () => {
    script.define = async (workflow) => {
      await long(workflow);
      await workflow.do('refuse', new Refuse());
    };
    const key = newKey();
    await start(key);
    Refuse.isFixed = true;
    const backend = backendOf(test_.app);
    let swept = false;
    const late = new Runner(
      interposed(backend, async (phase, command) => {
        if (swept || phase !== 'before' || command !== 'updateMany') return;
        swept = true;
        // The TTL monitor has removed a page, and not yet its run.
        const one = await test_.pages.findOne({ run: runId(key), endedAt: { $exists: true } });
        await test_.pages.deleteOne({ _id: one!._id });
      }),
      silent,
      time,
    );
    expect(await late.retry(runId(key))).toBeUndefined();
    expect(await test_.actions.findOne({ _id: runId(key) })).toMatchObject({ state: ActionState.ERROR });
  });
});
