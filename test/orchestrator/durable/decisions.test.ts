import { ActionCron, type ActionApp } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { Runner, type RunRequest } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { hangs } from '../../support/scripted.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

class Look extends Echo {
  static override permanentRef = 'look';
  override readonly isRead = true;
}

// What is decided about a run stands with it from the moment in which it exists.
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Look]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  script.define = async (workflow) => {
    await workflow.echo('first', 'a');
    return workflow.echo('second', 'b');
  };
});
afterEach(() => clock.release());

const HOUR = 3_600_000;
const crash = () => {
  throw new Crash();
};
const names = () => calls.map(({ name }) => name);
const request = (key: string, more: Partial<RunRequest> = {}): RunRequest => {
  return { key, workflow: new Changing(), ...more };
};
const inAnHour = () => new Date(Date.now() + HOUR);
/** Creates a run, and dies before anything else is done with it. */
const dieAfterClaim = (key: string, more: Partial<RunRequest>) =>
  test_.doomedRunner({}).claim(request(key, more));
const withoutTime = (app: ActionApp) =>
  new Runner(backendOf(app), silent, { remainingMs: () => 999, stepMs: 1_000 });

/** Both ways in which a run is taken over. */
const takeOvers: [string, (key: string) => Promise<unknown>][] = [
  ['its key comes again', (key) => test_.runner().run(request(key))],
  ['a tick resumes it', (key) => test_.runner().resume(runId(key))],
];

describe.each(takeOvers)(
  'a run whose first orchestrator died after it was created, when %s,',
  (_, takeOver) => {
    test('is skipped where it was created as skipped', async () => {
      const key = newKey();
      await dieAfterClaim(key, { start: { skip: 'it came too late' } });
      expect(await takeOver(key)).toMatchObject({
        state: 'SUCCESS',
        result: { skipped: 'it came too late' },
      });
      expect(calls).toEqual([]);
    });

    test('is skipped once it is too late to start it', async () => {
      const key = newKey();
      await dieAfterClaim(key, { startBy: inAnHour() });
      clock.put(HOUR + 1);
      expect(await takeOver(key)).toMatchObject({
        state: 'SUCCESS',
        result: { skipped: expect.stringContaining('it was too late to start') as string },
      });
      expect(calls).toEqual([]);
    });

    test('starts where it is not too late yet', async () => {
      const key = newKey();
      await dieAfterClaim(key, { startBy: inAnHour() });
      clock.put(HOUR - 1);
      expect(await takeOver(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'b' } });
    });

    test.each(['skip', 'queue'] as const)('does what overlap "%s" says', async (overlap) => {
      const filter = { overlap: newKey() };
      const define = script.define;
      script.define = (workflow) => workflow.sleep('long', { hours: 2 });
      await test_.runner().run(request(newKey(), { filter }));
      clock.put(1);
      script.define = define;
      const key = newKey();
      await dieAfterClaim(key, { filter, start: { overlap } });
      expect(await takeOver(key)).toMatchObject(
        overlap === 'skip'
          ? { state: 'SUCCESS', result: { skipped: expect.stringContaining('is still open') as string } }
          : { state: 'IN_PROGRESS', waits: [{ ref: 'queue' }] },
      );
      expect(calls).toEqual([]);
    });
  },
);

test('a run that waits in a queue is skipped once it is too late to start it, even after its way is free', async () => {
  const filter = { overlap: newKey() };
  const define = script.define;
  script.define = (workflow) => workflow.sleep('long', { hours: 2 });
  const first = newKey();
  await test_.runner().run(request(first, { filter }));
  clock.put(1);
  script.define = define;
  const key = newKey();
  const start = { overlap: 'queue' as const };
  expect(await test_.runner().run(request(key, { filter, start, startBy: inAnHour() }))).toMatchObject({
    waits: [{ ref: 'queue' }],
  });
  clock.put(2 * HOUR);
  script.define = (workflow) => workflow.sleep('long', { hours: 2 });
  expect(await test_.runner().resume(runId(first))).toMatchObject({ state: 'SUCCESS' });
  expect(await test_.runner().resume(runId(key))).toMatchObject({
    result: { skipped: expect.stringContaining('too late to start') as string },
  });
});

test('a run that was put off for lack of time is skipped once it is too late to start it', async () => {
  const key = newKey();
  expect(await withoutTime(test_.app).run(request(key, { startBy: inAnHour() }))).toMatchObject({
    waits: [{ ref: 'start' }],
  });
  clock.put(HOUR + 1);
  expect(await test_.runner().resume(runId(key))).toMatchObject({
    result: { skipped: expect.any(String) as string },
  });
  expect(calls).toEqual([]);
});

describe('a run that has begun goes on, however late that is,', () => {
  test('also where its orchestrator died in its very first step: that may have had its effect', async () => {
    const key = newKey();
    let hasBegun!: (value?: unknown) => void;
    const begun = new Promise((resolve) => (hasBegun = resolve));
    const define = script.define;
    script.define = (workflow) =>
      workflow.do('first', () => {
        hasBegun();
        return hangs();
      });
    void test_.doomedRunner({}).run(request(key, { startBy: inAnHour() }));
    await begun;
    clock.put(HOUR + 1);
    script.define = define;
    expect(await test_.runner().resume(runId(key))).toMatchObject({
      state: 'SUCCESS',
      result: { value: 'b' },
    });
    expect(names()).toEqual(['a', 'b']);
  });

  test('but not after a step that only reads: that changed nothing', async () => {
    const key = newKey();
    script.define = (workflow) => workflow.do('look', new Look());
    const dying = test_.doomedRunner({ stepStarted: crash }).run(request(key, { startBy: inAnHour() }));
    await expect(dying).rejects.toThrow(Crash);
    clock.put(HOUR + 1);
    expect(await test_.runner().resume(runId(key))).toMatchObject({
      result: { skipped: expect.stringContaining('too late to start') as string },
    });
  });

  test('also where it only sleeps so far', async () => {
    const key = newKey();
    script.define = async (workflow) => {
      await workflow.sleep('before', { hours: 2 });
      return workflow.echo('after', 'b');
    };
    await test_.runner().run(request(key, { startBy: inAnHour() }));
    clock.put(2 * HOUR);
    expect(await test_.runner().resume(runId(key))).toMatchObject({
      state: 'SUCCESS',
      result: { value: 'b' },
    });
  });

  test('and is not counted as too late by a crash after its first outcome', async () => {
    const key = newKey();
    const dying = test_.doomedRunner({ stepEnded: crash }).run(request(key, { startBy: inAnHour() }));
    await expect(dying).rejects.toThrow(Crash);
    clock.put(HOUR + 1);
    expect(await test_.runner().resume(runId(key))).toMatchObject({
      state: 'SUCCESS',
      result: { value: 'b' },
    });
    expect(names()).toEqual(['a', 'b']);
  });
});

test('an Orbits worker leaves a run alone that has not started: what was decided about it stands', async () => {
  class OneRound extends ActionCron {
    override cycle() {
      return Promise.resolve();
    }
  }
  const key = newKey();
  await dieAfterClaim(key, { start: { skip: 'it came too late' } });
  const longAgo = new Date(Date.now() - HOUR);
  const abandoned = { stateUpdatedAt: longAgo, 'cronActivity.nextActivity': longAgo };
  await test_.actions.updateOne({ _id: runId(key) }, { $set: abandoned });
  await (new OneRound(undefined) as unknown as { oneActionCycle(): Promise<void> }).oneActionCycle();
  expect(calls).toEqual([]);
  expect(await test_.runner().run(request(key))).toMatchObject({ result: { skipped: 'it came too late' } });
});
