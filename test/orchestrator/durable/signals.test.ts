import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { systemClock } from '../../../orchestrator/durable/clock.ts';
import { runStoreOf } from '../../../orchestrator/durable/collections.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import type { RunDocument } from '../../../orchestrator/durable/run-document.ts';
import { holdClock } from '../../support/clock.ts';
import { Changing, Echo, script } from '../../support/counting.ts';
import { newKey, readyRuns, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
});
afterEach(() => clock.release());

const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
const control = () => new RunControl(backendOf(test_.app));
const approve = (key: string, approved = true) => control().signal(runId(key), 'approval', { approved });
const isDue = async (key: string) => (await readyRuns(test_.runner())).some((id) => id.equals(runId(key)));
/** The steps whose signals stand in the run's document. */
async function signalsOf(key: string): Promise<string[]> {
  const { bag } = (await test_.actions.findOne<RunDocument>({ _id: runId(key) }))!;
  return Object.keys(bag.signals ?? {});
}
const HOUR = 3_600_000;

/** So much that what was recorded before moves into a page. */
async function inPage(workflow: Changing): Promise<void> {
  for (let step = 0; step < 2; step++) await workflow.echo('long', 'x'.repeat(20_000));
}

describe('a signal from outside', () => {
  const asking = (workflow: Changing) => workflow.waitFor('approval', { timeout: { hours: 1 } });
  beforeEach(() => {
    script.define = asking;
  });

  test('is waited for, and given at every replay', async () => {
    const key = newKey();
    expect(await start(key)).toMatchObject({
      state: 'IN_PROGRESS',
      waits: [{ ref: 'approval', reason: 'step "approval" waits for an answer' }],
    });
    expect(await isDue(key)).toBe(false);
    expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'taken' });
    expect(await isDue(key)).toBe(true);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
  });

  test('counts once: a second one changes nothing, and the caller learns that', async () => {
    const key = newKey();
    await start(key);
    await control().signal(runId(key), 'approval', { approved: true });
    expect(await control().signal(runId(key), 'approval', { approved: false })).toEqual({
      outcome: 'answered',
      value: { approved: true },
    });
    expect(await start(key)).toMatchObject({ result: { approved: true } });
    expect(await control().signal(runId(key), 'approval', { approved: false })).toEqual({
      outcome: 'answered',
      value: { approved: true },
    });
  });

  test('that came in time counts, however late it is looked at; a later one does not', async () => {
    const [inTime, tooLate] = [newKey(), newKey()];
    await start(inTime);
    await start(tooLate);
    clock.put(HOUR - 1);
    await control().signal(runId(inTime), 'approval', { approved: true });
    clock.put(HOUR);
    expect(await control().signal(runId(tooLate), 'approval', { approved: true })).toEqual({
      outcome: 'timed-out',
    });
    expect(await start(inTime)).toMatchObject({ state: 'SUCCESS' });
    expect(await start(tooLate)).toMatchObject({ state: 'ERROR', error: { name: 'StepTimeoutError' } });
  });

  test('that is not what the workflow takes is refused, and the run goes on waiting', async () => {
    const key = newKey();
    await start(key);
    expect(await control().signal(runId(key), 'approval', { approved: 'perhaps' })).toMatchObject({
      outcome: 'invalid',
      problems: expect.stringContaining('approved') as string,
    });
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
  });

  test('that comes while the run is being suspended is not lost', async () => {
    const key = newKey();
    script.define = async (workflow) => {
      const answer = workflow.waitFor('approval', { timeout: { hours: 1 } });
      await workflow.do('in between', async () => {
        const { outcome } = await control().signal(runId(key), 'approval', { approved: true });
        return outcome;
      });
      return answer;
    };
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
  });

  test('that came in time counts against a timeout of a pass that has read the run before', async () => {
    const key = newKey();
    await start(key);
    clock.put(HOUR - 1);
    const store = runStoreOf(backendOf(test_.app), systemClock);
    const lease = { token: 'of the pass', until: new Date(Date.now() + HOUR) };
    const document = (await store.takeOver(runId(key), lease))!;
    expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'taken' });
    clock.put(1);
    const timeout = { ended: [], opened: [], withdrawn: [], ifNoSignal: true };
    const ending = { state: ActionState.ERROR as const, result: { name: 'StepTimeoutError' } };
    expect(await store.finish(document, timeout, ending)).toBe(false);
    await store.release(document);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
  });

  test('that comes before the run waits is kept until it does', async () => {
    const key = newKey();
    script.define = async (workflow) => {
      await workflow.sleep('before', { hours: 1 });
      return workflow.waitFor('approval', { timeout: { hours: 1 } });
    };
    await start(key);
    expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'kept' });
    clock.put(HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
  });

  test('is for one of several waits under a ref, by its occurrence', async () => {
    const key = newKey();
    script.define = async (workflow) => [
      await workflow.waitFor('approval', { timeout: { hours: 1 } }),
      await workflow.waitFor('approval', { timeout: { hours: 1 } }),
    ];
    await start(key);
    expect(await control().signal(runId(key), 'approval', { approved: false }, 1)).toEqual({
      outcome: 'kept',
    });
    expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ result: [{ approved: true }, { approved: false }] });
  });

  test('to a run or for a ref that is not known is refused, and so is one to a run that has ended', async () => {
    const value = { approved: true };
    expect(await control().signal(runId(newKey()), 'approval', value)).toEqual({ outcome: 'unknown' });
    const key = newKey();
    await start(key);
    expect(await control().signal(runId(key), 'other', value)).toEqual({ outcome: 'unknown' });
    expect(await control().signal(runId(key), 'toString', value)).toEqual({ outcome: 'unknown' });
    script.define = () => Promise.resolve();
    const ended = newKey();
    await start(ended);
    expect(await control().signal(runId(ended), 'approval', value)).toEqual({ outcome: 'ended' });
  });

  test('to a run that was cancelled is refused: the run would not go on with it', async () => {
    const key = newKey();
    await start(key);
    expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
    expect(await control().signal(runId(key), 'approval', { approved: true })).toEqual({
      outcome: 'cancelled',
    });
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
  });

  test('to a wait that ended long ago is refused, although its outcome is in a page of the history', async () => {
    const [answered, timedOut] = [newKey(), newKey()];
    script.define = async (workflow) => {
      await asking(workflow).catch(() => undefined);
      await inPage(workflow);
      await workflow.sleep('long', { hours: 9 });
    };
    for (const key of [answered, timedOut]) await start(key);
    expect(await approve(answered)).toEqual({ outcome: 'taken' });
    clock.put(HOUR);
    for (const key of [answered, timedOut]) {
      expect(await start(key)).toMatchObject({ waits: [{ ref: 'long' }] });
      expect(await signalsOf(key)).toEqual([]);
    }
    expect(await approve(answered, false)).toEqual({ outcome: 'answered', value: { approved: true } });
    expect(await approve(timedOut)).toEqual({ outcome: 'timed-out' });
  });

  test('of a loop leaves the run when its outcome moves into a page: documents do not grow with answers', async () => {
    const key = newKey();
    script.define = async (workflow) => {
      for (let round = 0; round < 6; round++) {
        await asking(workflow);
        await inPage(workflow);
      }
    };
    await start(key);
    for (let round = 0; round < 6; round++) {
      expect(await control().signal(runId(key), 'approval', { approved: true }, round)).toEqual({
        outcome: 'taken',
      });
      expect((await signalsOf(key)).length).toBeLessThanOrEqual(2);
      await start(key);
    }
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  });

  test('to a run that is paused by hand is kept until it goes on', async () => {
    const key = newKey();
    await start(key);
    const { PAUSED, SLEEPING } = ActionState;
    await test_.actions.updateOne({ _id: runId(key) }, { $set: { state: PAUSED } });
    expect(await control().cancel(runId(key), 'no more')).toBe('paused');
    expect(await approve(key)).toEqual({ outcome: 'taken' });
    clock.put(2 * HOUR);
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    await test_.actions.updateOne({ _id: runId(key) }, { $set: { state: SLEEPING } });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { approved: true } });
  });
});
