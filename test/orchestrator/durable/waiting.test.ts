import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import type { RunRequest } from '../../../orchestrator/durable/runner.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, readyRuns, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

/** Starts a job, whose progress `watcher` reports. */
class Job extends DurableAction {
  static override permanentRef = 'job';
  static polls = 0;
  declare IBag: { job: string };
  declare IResult: { job: string };

  override async main() {
    calls.push({ name: 'begin', key: this.idempotencyKey });
    this.bag = { job: 'job-7' };
    return ActionState.IN_PROGRESS;
  }
  override get due() {
    return new Date(Date.now() + 60_000);
  }
  override async watcher() {
    if (++Job.polls < 3) return ActionState.IN_PROGRESS;
    this.setResult({ job: this.bag.job });
    return ActionState.SUCCESS;
  }
}

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Job]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => clock.release());

const request = (key: string): RunRequest => ({ key, workflow: new Changing() });
const start = (key: string) => test_.runner().run(request(key));
const isDue = async (key: string) => (await readyRuns(test_.runner())).some((id) => id.equals(runId(key)));
const HOUR = 3_600_000;

describe('a sleep', () => {
  test('suspends the run until it is over, and repeats nothing after it', async () => {
    script.define = async (workflow) => {
      await workflow.echo('before', 'a');
      await workflow.sleep('an hour', { hours: 1 });
      return workflow.echo('after', 'b');
    };
    const key = newKey();
    const run = await start(key);
    expect(run).toMatchObject({
      state: 'IN_PROGRESS',
      waits: [{ ref: 'an hour', reason: 'step "an hour" sleeps' }],
    });
    expect(await isDue(key)).toBe(false);
    clock.put(HOUR - 1_000_000);
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    clock.put(1_000_000);
    expect(await isDue(key)).toBe(true);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'b' }, waits: [] });
    expect(calls.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('counts from when it was first asked for, whatever dies meanwhile', async () => {
    script.define = (workflow) => workflow.sleep('an hour', { hours: 1 });
    const key = newKey();
    const crash = {
      runSuspended: () => {
        throw new Crash();
      },
    };
    await expect(test_.doomedRunner(crash).run(request(key))).rejects.toThrow(Crash);
    clock.put(HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  });

  test('may be until an instant, which may have passed', async () => {
    script.define = (workflow) => workflow.sleep('until', new Date(0));
    expect(await start(newKey())).toMatchObject({ state: 'SUCCESS' });
  });

  test('of no length at all is refused', async () => {
    script.define = (workflow) => workflow.sleep('none', {});
    expect(await start(newKey())).toMatchObject({
      state: 'ERROR',
      error: { name: 'RangeError', message: expect.stringContaining('{ minutes: 5 }') as string },
    });
  });

  test('leaves the other branches to go on', async () => {
    script.define = (workflow) =>
      Promise.all([
        workflow.sleep('an hour', { hours: 1 }).then(() => workflow.echo('same', 'slept')),
        workflow.echo('same', 'x').then(() => workflow.echo('same', 'y')),
      ]);
    const key = newKey();
    expect(await start(key)).toMatchObject({
      state: 'IN_PROGRESS',
      steps: [{ ref: 'same' }, { ref: 'same' }],
    });
    clock.put(HOUR);
    expect(await start(key)).toMatchObject({
      state: 'SUCCESS',
      result: [{ value: 'slept' }, { value: 'y' }],
    });
    expect(calls.map(({ name }) => name)).toEqual(['x', 'y', 'slept']);
  });

  test('that loses a race is left, and goes with the run when it is old', async () => {
    script.define = (workflow) =>
      Promise.race([workflow.sleep('a day', { days: 1 }).then(() => 'slept'), workflow.echo('fast', 'x')]);
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'x' } });
    const kept = { workflowId: runId(key).toHexString(), 'bag.endedAt': { $exists: false } };
    expect(await test_.actions.countDocuments(kept)).toBe(0);
  });

  test('of many days keeps the run and its history: its retention counts from its end', async () => {
    script.define = async (workflow) => {
      await workflow.echo('before', 'a');
      await workflow.sleep('long', { days: 40 });
    };
    const key = newKey();
    await start(key);
    const ended = { _id: runId(key), 'bag.endedAt': { $exists: true } };
    expect(await test_.actions.countDocuments(ended)).toBe(0);
    clock.put(40 * 24 * HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(await test_.actions.findOne({ _id: runId(key) })).toMatchObject({ bag: { endedAt: new Date() } });
    expect(calls).toHaveLength(1);
  });
});

test('an action that starts something is started once, and watched over passes', async () => {
  Job.polls = 0;
  script.define = (workflow) => workflow.do('job', new Job());
  const key = newKey();
  for (let pass = 0; pass < 2; pass++) {
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    clock.put(60_000);
  }
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { job: 'job-7' } });
  expect(calls).toHaveLength(1);
});

describe('a workflow that changed', () => {
  const changes: [string, (workflow: Changing) => Promise<unknown>][] = [
    ['asks for another wait', (workflow) => workflow.sleep('two hours', { hours: 2 })],
    ['asks for a longer wait', (workflow) => workflow.sleep('an hour', { hours: 2 })],
    ['trades instead', (workflow) => workflow.echo('trade', 'x')],
    ['ends', () => Promise.resolve()],
  ];
  test.each(changes)('while its run slept, and now %s, blocks it and does nothing', async (_, define) => {
    script.define = (workflow) => workflow.sleep('an hour', { hours: 1 });
    const key = newKey();
    await start(key);
    script.define = define;
    const run = await start(key);
    expect(run).toMatchObject({ state: 'IN_PROGRESS', blocked: { error: { name: 'NonDeterminismError' } } });
    expect(run.blocked?.error.message).toContain('recorded is step "an hour" (action "sleep"');
    expect(calls).toEqual([]);
  });
});
