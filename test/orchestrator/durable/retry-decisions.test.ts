import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { Runner } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  Refuse.isFixed = false;
});
afterEach(() => clock.release());

const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
const retry = (key: string, from?: string) => test_.runner().retry(runId(key), from);
const control = () => new RunControl(backendOf(test_.app));
const approve = (key: string, approved = true) => control().signal(runId(key), 'approval', { approved });
const names = () => calls.map(({ name }) => name);

describe('an approval that a retry cut off', () => {
  const HOUR = 3_600_000;
  test('does not count after a cancel', async () => {
    script.define = async (workflow) => {
      let failure: Error | undefined;
      await workflow.do('audit', new Refuse()).catch((error: unknown) => void (failure = error as Error));
      if (!failure) await workflow.sleep('until the opening', { hours: 1 });
      const { approved } = await workflow.waitFor<{ approved: boolean }>('approval', {
        timeout: { hours: 1 },
      });
      if (failure) throw failure;
      if (approved) await workflow.echo('buy', 'bought');
    };
    const key = newKey();
    await start(key);
    expect(await approve(key)).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    Refuse.isFixed = true;
    expect(await retry(key)).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'until the opening' }] });
    expect(await control().cancel(runId(key), 'no more')).toBe('cancelled');
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RunCancelledError' } });
    await retry(key);
    clock.put(HOUR + 1000);
    await start(key);
    expect(names()).not.toContain('bought');
  });
  test('a rejection that is kept after the retry counts', async () => {
    script.define = async (workflow) => {
      let failure: Error | undefined;
      await workflow.do('audit', new Refuse()).catch((error: unknown) => void (failure = error as Error));
      if (!failure) await workflow.sleep('until the opening', { hours: 1 });
      const { approved } = await workflow.waitFor<{ approved: boolean }>('approval', {
        timeout: { hours: 1 },
      });
      for (let step = 0; step < 3; step++) await workflow.echo('long', 'x'.repeat(20_000));
      if (failure) throw failure;
      if (approved) await workflow.echo('buy', 'bought');
    };
    const key = newKey();
    await start(key);
    await approve(key);
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    Refuse.isFixed = true;
    expect(await retry(key)).toMatchObject({ state: 'IN_PROGRESS' });
    const answer = await approve(key, false);
    clock.put(HOUR + 1000);
    await start(key);
    // Either an answer that came before counts, and the caller learns it, or his own does.
    expect({ answer: answer.outcome, bought: names().includes('bought') }).toEqual(
      answer.outcome === 'answered'
        ? { answer: 'answered', bought: true }
        : { answer: 'kept', bought: false },
    );
  });
});

describe('a run that was cancelled before it started', () => {
  test('is not started by a retry when it is too late, or while an earlier one is open', async () => {
    script.define = async (workflow) => {
      await workflow.sleep('s', { hours: 48 });
    };
    const filter = { overlap: newKey() };
    const first = newKey();
    const second = newKey();
    await test_.runner().run({ key: first, workflow: new Changing(), filter });
    clock.put(10);
    script.define = (workflow) => workflow.echo('buy', 'bought');
    const queued = await test_.runner().run({
      key: second,
      workflow: new Changing(),
      filter,
      start: { overlap: 'queue' },
      startBy: new Date(Date.now() + 600_000),
    });
    expect(queued).toMatchObject({ waits: [{ ref: 'queue' }] });
    expect(await control().cancel(runId(second), 'x')).toBe('cancelled');
    expect(await start(second)).toMatchObject({ state: 'ERROR' });
    clock.put(24 * 3_600_000);
    await retry(second);
    expect(names()).toEqual([]);
  });
});

test('a run that had no time to start in time, and was cancelled, does not start days later when it is retried', async () => {
  script.define = (workflow) => workflow.echo('buy', 'bought');
  const key = newKey();
  const noTime = new Runner(backendOf(test_.app), silent, { remainingMs: () => 10, stepMs: 1_000 });
  const startBy = new Date(Date.now() + 600_000);
  expect(await noTime.run({ key, workflow: new Changing(), startBy })).toMatchObject({
    waits: [{ ref: 'start' }],
  });
  expect(await control().cancel(runId(key), 'not today')).toBe('cancelled');
  await test_.runner().resume(runId(key));
  clock.put(3 * 86_400_000);
  await test_.runner().retry(runId(key));
  expect(names()).toEqual([]);
});

describe('a failed run that undid nothing', () => {
  test('because its first step failed, can be retried', async () => {
    script.define = (workflow) =>
      workflow.do('refuse', new Refuse(), { undo: () => new Echo().setArgument({ value: 'undo' }) });
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    Refuse.isFixed = true;
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS' });
  });
  test('whose error has a member `undone` of its own, can be retried', async () => {
    let isFixed = false;
    script.define = (workflow) =>
      workflow.do('x', () => {
        if (!isFixed) throw Object.assign(new Error('x'), { undone: true });
      });
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    isFixed = true;
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS' });
  });
});
