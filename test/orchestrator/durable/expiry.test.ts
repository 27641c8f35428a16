import { jest } from '@jest/globals';
import { ActionState } from '@wbce/orbits-core';
import { mongo } from 'mongoose';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner, type RunRequest } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { Scripted } from '../../support/scripted.ts';

// The history is kept for 30 days from the end of its run, and nothing of an open run expires, however long that is open.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse, Scripted], { ttlSweepSeconds: 0.02 });
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => {
  Refuse.isFixed = false;
  jest.restoreAllMocks();
  clock.release();
});

const DAY = 86_400_000;
const request = (key: string, more: Partial<RunRequest> = {}): RunRequest => {
  return { key, workflow: new Changing(), ...more };
};
const start = (key: string, runner = test_.runner()) => runner.run(request(key));
const control = () => new RunControl(backendOf(test_.app));
const names = () => calls.map(({ name }) => name);
const charge = (workflow: Changing) => workflow.echo('charge', 'charged');

/** Lets days go by, and the store remove what has expired by then. */
async function days(count: number): Promise<void> {
  clock.put(count * DAY);
  const old = new Date(Date.now() - 31 * DAY);
  await test_.actions.insertOne({ isOld: true, bag: { endedAt: old } });
  await test_.pages.insertOne({ isOld: true, endedAt: old });
  const isOld = { isOld: true };
  while ((await test_.actions.countDocuments(isOld)) + (await test_.pages.countDocuments(isOld)) > 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What fills a few pages of a history. */
async function large(workflow: Changing): Promise<void> {
  for (let part = 0; part < 4; part++) await workflow.do(`large ${part}`, () => 'x'.repeat(20_000));
}

/** What holds a run open, and what lets it go on after all. */
const open: [string, (workflow: Changing) => Promise<unknown>, (key: string) => unknown][] = [
  ['sleeps', (workflow) => workflow.sleep('long', { days: 40 }), () => undefined],
  [
    'waits for an answer',
    (workflow) => workflow.waitFor('approval', { timeout: { days: 50 } }),
    (key) => control().signal(runId(key), 'approval', { approved: true }),
  ],
  [
    'asks again and again for what is in progress',
    (workflow) => {
      const end = Date.parse('2026-02-14T14:30:00Z');
      const look = () => (Date.now() < end ? ActionState.IN_PROGRESS : ActionState.SUCCESS);
      return workflow.do('job', Scripted.of({ main: look, watcher: look }));
    },
    () => undefined,
  ],
  [
    'waits for its next attempt',
    (workflow) => {
      jest.spyOn(Math, 'random').mockReturnValue(1);
      const retryPolicy = { attempts: 2, firstBackoffMs: 40 * DAY, longestBackoffMs: 40 * DAY };
      const main = () => {
        calls.push({ name: 'attempt', key: '' });
        if (names().filter((name) => name === 'attempt').length === 1) throw new Error('not now');
        return ActionState.SUCCESS;
      };
      return workflow.do('retried', Scripted.of({ main, retryPolicy }));
    },
    () => undefined,
  ],
];

describe.each([
  ['in its document', () => Promise.resolve()],
  ['in pages', large],
])('a run with its history %s', (where, fill) => {
  const long = (wait: (workflow: Changing) => Promise<unknown>) => async (workflow: Changing) => {
    await charge(workflow);
    await fill(workflow);
    await workflow.sleep('two days', { days: 2 });
    await workflow.echo('between', 'between');
    await wait(workflow);
    return workflow.echo('last', 'last');
  };
  const isPaged = (key: string) => test_.pages.countDocuments({ run: runId(key) });

  test.each(open)('that %s for longer than history is kept executes nothing twice', async (_, wait, end) => {
    script.define = long(wait);
    const key = newKey();
    await start(key);
    expect((await isPaged(key)) > 0).toBe(where === 'in pages');
    await days(2);
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    await days(20);
    await start(key);
    await days(20);
    await end(key);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'last' } });
    expect(names().filter((name) => name !== 'attempt')).toEqual(['charged', 'between', 'last']);
  });

  test('that is paused, blocked or left by a crash for that long executes nothing twice', async () => {
    script.define = long(() => Promise.resolve());
    const holds: ((key: string) => Promise<unknown>)[] = [
      (key) => test_.actions.updateOne({ _id: runId(key) }, { $set: { state: ActionState.PAUSED } }),
      (key) => {
        const time = { remainingMs: () => 60_000, stepMs: -1 };
        return new Runner({ ...backendOf(test_.app), workflows: new Map() }, silent, time).resume(runId(key));
      },
      (key) => test_.doomedRunner({}).claim(request(key)),
    ];
    for (const hold of holds) {
      calls.length = 0;
      const key = newKey();
      await start(key);
      await days(2);
      await hold(key);
      await days(40);
      const paused = { _id: runId(key), state: ActionState.PAUSED };
      await test_.actions.updateOne(paused, { $set: { state: ActionState.SLEEPING } });
      expect(await start(key)).toMatchObject({ state: 'SUCCESS', blocked: null });
      expect(names()).toEqual(['charged', 'between', 'last']);
    }
  });

  test('that is retried when it is nearly removed is open again, and keeps all that it has', async () => {
    script.define = async (workflow) => {
      await charge(workflow);
      await fill(workflow);
      await workflow.do('refused', new Refuse());
      await workflow.sleep('long', { days: 40 });
      return workflow.echo('last', 'last');
    };
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    await days(29);
    Refuse.isFixed = true;
    expect(await test_.runner().retry(runId(key))).toMatchObject({ state: 'IN_PROGRESS' });
    await days(40);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['charged', 'refuse', 'refuse', 'last']);
  });

  test('that a person cancels, and that is ended much later, undoes what it did', async () => {
    script.define = async (workflow) => {
      await workflow.do('charge', new Echo().setArgument({ value: 'charged' }), {
        undo: () => new Echo().setArgument({ value: 'paid back' }),
      });
      await fill(workflow);
      await workflow.sleep('long', { days: 90 });
    };
    const key = newKey();
    await start(key);
    await control().cancel(runId(key), 'no more');
    await days(40);
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { undone: ['charge'] } });
    expect(names()).toEqual(['charged', 'paid back']);
  });

  test('that waits in a queue for that long starts once its way is free', async () => {
    const filter = { overlap: newKey() };
    script.define = (workflow) => workflow.sleep('long', { days: 40 });
    const first = newKey();
    await test_.runner().run(request(first, { filter }));
    clock.put(1);
    script.define = async (workflow) => {
      await charge(workflow);
      await fill(workflow);
    };
    const key = newKey();
    const queued = request(key, { filter, start: { overlap: 'queue' } });
    expect(await test_.runner().run(queued)).toMatchObject({ waits: [{ ref: 'queue' }] });
    await days(40);
    script.define = (workflow) => workflow.sleep('long', { days: 40 });
    expect(await start(first)).toMatchObject({ state: 'SUCCESS' });
    script.define = async (workflow) => {
      await charge(workflow);
      await fill(workflow);
    };
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['charged']);
  });

  test('goes 30 days after its end, with all pages that it ever had', async () => {
    script.define = async (workflow) => {
      await charge(workflow);
      await fill(workflow);
      await workflow.do('refused', new Refuse());
      await fill(workflow);
    };
    const key = newKey();
    await start(key);
    await test_.runner().retry(runId(key), 'charge');
    Refuse.isFixed = true;
    await days(29);
    expect(await test_.runner().retry(runId(key))).toMatchObject({ state: 'SUCCESS' });
    await days(29);
    expect(await control().find(runId(key))).toMatchObject({ state: 'SUCCESS' });
    await days(2);
    expect(await control().find(runId(key))).toBeUndefined();
    expect(await isPaged(key)).toBe(0);
  });
});

test('a run that was removed takes its key along: the key begins a new run', async () => {
  script.define = charge;
  const key = newKey();
  await start(key);
  await days(31);
  expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  expect(calls).toHaveLength(2);
  // The callee gets the same idempotency key, and does nothing the second time.
  expect(calls[0]!.key).toBe(calls[1]!.key);
});

test('so does a run that is removed between a claim that collides and the look at what it collided with', async () => {
  script.define = charge;
  const key = newKey();
  await start(key);
  const find = jest.spyOn(mongo.Collection.prototype, 'findOne');
  find.mockImplementationOnce(async function (this: mongo.Collection, filter) {
    await this.deleteOne(filter);
    return null;
  });
  expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  expect(calls).toHaveLength(2);
});

test('a run whose orchestrator died with its history in pages is resumed with all of it', async () => {
  script.define = async (workflow) => {
    await charge(workflow);
    await large(workflow);
    return workflow.echo('last', 'last');
  };
  const key = newKey();
  const crash = (_: unknown, { ref }: { ref: string }) => {
    if (ref === 'large 3') throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
  await days(40);
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'last' } });
  expect(names()).toEqual(['charged', 'last']);
});
