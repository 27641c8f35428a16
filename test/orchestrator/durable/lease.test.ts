import { ActionCron, ActionState } from '@wbce/orbits-core';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

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

describe('the lease', () => {
  test('keeps a second orchestrator from a run that the first one holds', async () => {
    const key = newKey();
    await expect(test_.runner({ stepEnded: crash }).run(request(key))).rejects.toThrow(Crash);
    expect(await test_.runner().run(request(key))).toMatchObject({ state: 'IN_PROGRESS', endedAt: null });
    expect(await test_.runner().findUnfinished(10)).toEqual([]);
    expect(await test_.runner().carryOn(runId(key))).toBeUndefined();
    expect(calls).toHaveLength(1);
  });

  test('is free for all once its time is over', async () => {
    const key = newKey();
    await expect(test_.doomedRunner({ stepEnded: crash }).run(request(key))).rejects.toThrow(Crash);
    expect(await test_.runner().findUnfinished(10)).toEqual([runId(key)]);
    expect(await test_.runner().carryOn(runId(key))).toMatchObject({
      state: 'SUCCESS',
      result: { value: 'b' },
    });
    expect(await test_.runner().findUnfinished(10)).toEqual([]);
  });

  test('once lost, lets its old holder write nothing', async () => {
    const key = newKey();
    let overtaken: Promise<unknown> | undefined;
    const slow = test_.doomedRunner({
      stepStarted: (_, { ref }) => {
        // While the holder is at its second step, another one takes the run over and ends it.
        if (ref === 'second') overtaken ??= test_.runner().carryOn(runId(key));
      },
    });
    const slowRun = slow.run(request(key));
    const [ofSlow, ofFast] = [await slowRun, await overtaken];
    expect(ofFast).toMatchObject({ state: 'SUCCESS' });
    expect(['SUCCESS', 'IN_PROGRESS']).toContain(ofSlow.state);
    expect(await test_.actions.countDocuments({})).toBe(3);
    const stored = await test_.actions.findOne({ _id: runId(key) });
    expect(stored).toMatchObject({ state: ActionState.SUCCESS, result: { value: 'b' } });
  });

  test('finds unfinished runs oldest first', async () => {
    const keys = [newKey(), newKey(), newKey()];
    for (const key of keys) {
      await expect(test_.doomedRunner({ stepEnded: crash }).run(request(key))).rejects.toThrow(Crash);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(await test_.runner().findUnfinished(2)).toEqual(keys.slice(0, 2).map(runId));
  });
});

describe('an Orbits worker', () => {
  /** One round of Orbits' own polling, which otherwise never ends. */
  class OneRound extends ActionCron {
    override cycle() {
      return Promise.resolve();
    }
  }
  const workOnce = () =>
    (new OneRound(undefined) as unknown as { oneActionCycle(): Promise<void> }).oneActionCycle();

  test('carries on a run that an orchestrator left', async () => {
    const key = newKey();
    await expect(test_.doomedRunner({ stepEnded: crash }).run(request(key))).rejects.toThrow(Crash);
    // Orbits waits for the time that it allows an execution before it begins it again.
    const longAgo = new Date(Date.now() - 16 * 60_000);
    await test_.actions.updateOne({ _id: runId(key) }, { $set: { stateUpdatedAt: longAgo } });
    await workOnce();
    expect(names()).toEqual(['a', 'b']);
    expect(await test_.runner().run(request(key))).toMatchObject({
      state: 'SUCCESS',
      result: { value: 'b' },
    });
  });

  test('leaves alone a run that an orchestrator holds, finished runs, and their steps', async () => {
    await expect(test_.runner({ stepEnded: crash }).run(request(newKey()))).rejects.toThrow(Crash);
    await test_.runner().run(request(newKey()));
    const before = await test_.actions.find({}).sort({ _id: 1 }).toArray();
    await workOnce();
    expect(await test_.actions.find({}).sort({ _id: 1 }).toArray()).toEqual(before);
  });

  test('finds documents in its own schema', async () => {
    await test_.runner().run(request(newKey()));
    const known = new Set(Object.keys(test_.app.ActionModel.schema.paths).map((path) => path.split('.')[0]));
    for (const document of await test_.actions.find({}).toArray()) {
      expect(Object.keys(document).filter((field) => !known.has(field))).toEqual([]);
      expect(test_.app.ActionModel.hydrate(document).validateSync()).toBeUndefined();
    }
  });

  const names = () => calls.map(({ name }) => name);
});
