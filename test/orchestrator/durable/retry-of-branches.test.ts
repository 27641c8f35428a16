import { ActionState } from '@wbce/orbits-core';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

/** Begins something that is done an hour later. */
class Job extends DurableAction {
  static override permanentRef = 'job';
  declare IBag: { done: number };

  override main(): Promise<ActionState> {
    calls.push({ name: 'job', key: this.idempotencyKey });
    this.bag = { done: this.clock.now() + HOUR };
    return Promise.resolve(ActionState.IN_PROGRESS);
  }
  override get due(): Date {
    return new Date(this.bag.done);
  }
  override watcher(): Promise<ActionState> {
    return Promise.resolve(this.clock.now() < this.bag.done ? ActionState.IN_PROGRESS : ActionState.SUCCESS);
  }
}

const HOUR = 3_600_000;

let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse, Job]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  Refuse.isFixed = false;
});
afterEach(() => {
  Refuse.isFixed = false;
  clock.release();
});

const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
const retry = (key: string, from?: string) => test_.runner().retry(runId(key), from);
const control = () => new RunControl(backendOf(test_.app));
const approve = (key: string) => control().signal(runId(key), 'approval', { approved: true });
const names = () => calls.map(({ name }) => name);
const count = (name: string) => names().filter((each) => each === name).length;

/** Each branch ends by itself; the run fails with the first failure, or with all of them. */
async function settled(branches: Promise<unknown>[], isAggregate = false): Promise<void> {
  const failures: Error[] = [];
  for (const outcome of await Promise.allSettled(branches)) {
    if (outcome.status === 'rejected') failures.push(outcome.reason as Error);
  }
  if (failures.length > 0) throw isAggregate ? new AggregateError(failures, 'some failed') : failures[0]!;
}

async function failAndRetry(key: string): Promise<unknown> {
  expect(await start(key)).toMatchObject({ state: 'ERROR' });
  Refuse.isFixed = true;
  return retry(key);
}

describe('a retry keeps what other branches did', () => {
  test('after the step that failed the run', async () => {
    script.define = (workflow) =>
      settled([
        workflow.do('refused', new Refuse()),
        workflow.echo('other', 'a').then(() => workflow.echo('next', 'b')),
      ]);
    expect(await failAndRetry(newKey())).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['refuse', 'a', 'b', 'refuse']);
  });

  test('also where that lies in pages of the history, and over several retries', async () => {
    const long = 'x'.repeat(20_000);
    script.define = (workflow) => {
      const branch = async () => {
        for (let step = 0; step < 6; step++) await workflow.echo('long', `${step}${long}`);
      };
      return settled([workflow.do('refused', new Refuse()), branch()]);
    };
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    expect(await retry(key)).toMatchObject({ state: 'ERROR' });
    expect(await retry(key)).toMatchObject({ state: 'ERROR' });
    Refuse.isFixed = true;
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS', steps: { length: 7 } });
    expect(count('refuse')).toBe(4);
    expect(names()).toHaveLength(4 + 6);
  });

  test('and what they have begun: a job in progress is not begun again', async () => {
    script.define = (workflow) =>
      Promise.all([workflow.do('refused', new Refuse()), workflow.do('job', new Job())]);
    const key = newKey();
    expect(await failAndRetry(key)).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'job' }] });
    clock.put(HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(count('job')).toBe(1);
  });

  test('and does not demand it of the workflow, which may take another way', async () => {
    script.define = async (workflow) => {
      const job = workflow.do('job', new Job());
      if (!Refuse.isFixed) await workflow.do('refused', new Refuse());
      return Refuse.isFixed ? workflow.echo('another way', 'a') : job;
    };
    const key = newKey();
    const define = script.define;
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    script.define = (workflow) =>
      Refuse.isFixed
        ? workflow.do('refused', new Refuse()).then(() => workflow.echo('way', 'a'))
        : define(workflow);
    Refuse.isFixed = true;
    expect(await retry(key)).toMatchObject({ state: 'SUCCESS', blocked: null });
  });

  test('and the answers that they got', async () => {
    script.define = (workflow) =>
      Promise.all([
        workflow.sleep('before', { minutes: 1 }).then(() => workflow.do('refused', new Refuse())),
        workflow
          .sleep('long', { hours: 2 })
          .then(() => workflow.waitFor('approval', { timeout: { hours: 1 } })),
      ]);
    const key = newKey();
    await start(key);
    expect(await approve(key)).toEqual({ outcome: 'kept' });
    clock.put(60_000);
    expect(await failAndRetry(key)).toMatchObject({ state: 'IN_PROGRESS' });
    clock.put(2 * HOUR);
    expect(await start(key)).toMatchObject({
      state: 'SUCCESS',
      result: [expect.anything(), { approved: true }],
    });
  });
});

test('a wait has all of its time after a retry: while its run had failed no signal was taken', async () => {
  script.define = (workflow) =>
    Promise.all([
      workflow.do('refused', new Refuse()),
      workflow.waitFor('approval', { timeout: { hours: 1 } }),
    ]);
  const key = newKey();
  expect(await start(key)).toMatchObject({ state: 'ERROR' });
  expect(await approve(key)).toEqual({ outcome: 'ended' });
  clock.put(48 * HOUR);
  Refuse.isFixed = true;
  expect(await retry(key)).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'approval' }] });
  clock.put(HOUR - 1);
  expect(await approve(key)).toEqual({ outcome: 'taken' });
  expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
});

test.each([true, false])(
  'of several steps that failed a run together, each is executed again (aggregate: %s)',
  async (isAggregate) => {
    script.define = (workflow) =>
      settled([workflow.do('one', new Refuse()), workflow.do('other', new Refuse())], isAggregate);
    expect(await failAndRetry(newKey())).toMatchObject({ state: 'SUCCESS' });
    expect(count('refuse')).toBe(4);
  },
);

describe('a retry from a step', () => {
  const trade = async (workflow: Changing) => {
    await workflow.echo('price', 'p');
    await workflow.waitFor('approval', { timeout: { hours: 1 } });
    return workflow.do('refused', new Refuse());
  };
  const failed = async (key: string) => {
    script.define = trade;
    await start(key);
    expect(await approve(key)).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    Refuse.isFixed = true;
  };

  test('forgets the answers that later steps got: a person is asked again', async () => {
    const key = newKey();
    await failed(key);
    expect(await retry(key, 'price')).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'approval' }] });
    expect(names()).toEqual(['p', 'refuse', 'p']);
    expect(await approve(key)).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  });

  test('keeps the answers that earlier steps got', async () => {
    const key = newKey();
    await failed(key);
    expect(await retry(key, 'refused')).toMatchObject({ state: 'SUCCESS' });
  });

  test('executes again what other branches did after it', async () => {
    script.define = (workflow) =>
      settled([workflow.do('refused', new Refuse()), workflow.echo('other', 'a')]);
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'ERROR' });
    Refuse.isFixed = true;
    expect(await retry(key, 'refused')).toMatchObject({ state: 'SUCCESS' });
    expect(names()).toEqual(['refuse', 'a', 'refuse', 'a']);
  });
});
