import { runId } from '../../../orchestrator/durable/ids.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, readyRuns, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(() => test_.close());
beforeEach(async () => {
  calls.length = 0;
  await test_.actions.deleteMany({});
  script.define = async (workflow) => {
    await workflow.echo('first', 'a');
    return workflow.echo('second', 'b');
  };
});

const request = (key: string) => ({ key, workflow: new Changing() });
const crash = () => {
  throw new Crash();
};

/** A run whose holder is at its second step, until it is let go. */
async function heldRun(key: string, runner = test_.runner()) {
  let letGo!: (value: string) => void;
  const gate = new Promise<string>((resolve) => (letGo = resolve));
  const atGate = new Promise<void>((resolve) => {
    script.define = async (workflow) => {
      await workflow.echo('first', 'a');
      return workflow.do('second', () => {
        resolve();
        return gate;
      });
    };
  });
  const ended = runner.run(request(key));
  await atGate;
  return { ended, letGo };
}

describe('the lease', () => {
  test('keeps a second orchestrator from a run that the first one holds', async () => {
    const key = newKey();
    const { ended, letGo } = await heldRun(key);
    expect(await test_.runner().run(request(key))).toMatchObject({ state: 'IN_PROGRESS', endedAt: null });
    expect(await readyRuns(test_.runner())).toEqual([]);
    expect(await test_.runner().resume(runId(key))).toBeUndefined();
    letGo('b');
    expect(await ended).toMatchObject({ state: 'SUCCESS', result: 'b' });
    expect(calls).toHaveLength(1);
  });

  test('is free for all once its time is over', async () => {
    const key = newKey();
    await expect(test_.doomedRunner({ stepEnded: crash }).run(request(key))).rejects.toThrow(Crash);
    expect(await readyRuns(test_.runner())).toEqual([runId(key)]);
    expect(await test_.runner().resume(runId(key))).toMatchObject({
      state: 'SUCCESS',
      result: { value: 'b' },
    });
    expect(await readyRuns(test_.runner())).toEqual([]);
  });

  test('once lost, lets its old holder write nothing', async () => {
    const key = newKey();
    const slow = await heldRun(key, test_.doomedRunner({}));
    const fast = await heldRun(key);
    fast.letGo('of the new holder');
    expect(await fast.ended).toMatchObject({ state: 'SUCCESS', result: 'of the new holder' });
    const before = await test_.actions.find({}).sort({ _id: 1 }).toArray();
    slow.letGo('of the old holder');
    expect(await slow.ended).toMatchObject({ state: 'SUCCESS', result: 'of the new holder' });
    expect(await test_.actions.find({}).sort({ _id: 1 }).toArray()).toEqual(before);
  });

  test('once lost, lets its old holder end nothing', async () => {
    const key = newKey();
    const slow = await heldRun(key, test_.doomedRunner({}));
    const fast = await heldRun(key);
    slow.letGo('too late');
    expect(await slow.ended).toMatchObject({ state: 'IN_PROGRESS' });
    fast.letGo('of the new holder');
    expect(await fast.ended).toMatchObject({ state: 'SUCCESS', result: 'of the new holder' });
  });

  test('finds unfinished runs, the ones that are due first before the others', async () => {
    const keys = [newKey(), newKey(), newKey()];
    for (const key of keys) {
      await expect(test_.doomedRunner({ stepEnded: crash }).run(request(key))).rejects.toThrow(Crash);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(await readyRuns(test_.runner())).toEqual(keys.map(runId));
    expect(await readyRuns(test_.runner(), 2)).toHaveLength(2);
  });
});
