import { runId } from '../../../orchestrator/durable/ids.ts';
import { calls, Changing, Echo, Refuse, ScopedEcho, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, ScopedEcho, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
});

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);

/** Runs a key until the outcome of its n-th step is recorded, and crashes there. */
async function crashAfterStep(key: string, n: number): Promise<void> {
  let ended = 0;
  const crash = () => {
    if (++ended === n) throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
}

describe('branches in parallel', () => {
  /** Two branches that share a scope; the second one is the faster one. */
  const branches = (workflow: Changing) => {
    const branch = async (name: string, turns: number) => {
      await workflow.do(`look ${name}`, async () => {
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        return name;
      });
      return workflow.do(`order ${name}`, new ScopedEcho().setArgument({ value: name }));
    };
    return Promise.all([branch('slow', 20), branch('fast', 1)]);
  };

  test.each([1, 2, 3, 4])(
    'take the same course, with the same keys, after a crash at outcome %i',
    async (n) => {
      script.define = branches;
      const undisturbed = await start(newKey());
      const orders = names();
      expect(orders).toEqual(['fast', 'slow']);
      calls.length = 0;

      const key = newKey();
      await crashAfterStep(key, n);
      const run = await start(key);
      expect(run).toMatchObject({ state: 'SUCCESS', result: undisturbed.result });
      expect(names()).toEqual(orders);
      expect(run.steps.map(({ ref }) => ref)).toEqual(undisturbed.steps.map(({ ref }) => ref));
    },
  );

  test('that race have the same winner at every replay', async () => {
    script.define = async (workflow) => {
      const late = workflow.do('late', async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        return 'late';
      });
      const winner = await Promise.race([late, workflow.do('early', () => 'early')]);
      await late;
      return workflow.echo('won', winner);
    };
    const key = newKey();
    await crashAfterStep(key, 2);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'early' } });
  });

  test('start nothing more once the run has failed, and are the same at a replay', async () => {
    script.define = async (workflow) => {
      const chain = async () => {
        for (const value of ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
          await workflow.echo('chain', value);
      };
      await Promise.all([
        workflow.do('fails', async () => {
          for (let turn = 0; turn < 12; turn++) await new Promise(setImmediate);
          throw new RangeError('too far');
        }),
        chain(),
      ]);
    };
    const key = newKey();
    const first = await start(key);
    expect(first).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
    const done = names();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(names()).toEqual(done);

    await test_.actions.updateOne({ _id: runId(key) }, { $set: { state: 0 } });
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
    expect(names()).toEqual(done);
  });

  test('may look at a failure late', async () => {
    script.define = async (workflow) => {
      const refused = workflow.do('refused', new Refuse());
      await workflow.echo('first', 'a');
      await workflow.echo('second', 'b');
      return refused.catch((error: Error) => error.name);
    };
    expect(await start(newKey())).toMatchObject({ state: 'SUCCESS', result: 'OutOfStockError' });
  });
});

describe('a value that can not be stored', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;

  const unstorable: [string, () => unknown][] = [
    ['a BigInt', () => 1n],
    ['a cycle', () => cycle],
    ['a key that BSON reserves', () => ({ _bsontype: 'ObjectId' })],
    ['a key with a zero byte', () => ({ 'a\0b': 1 })],
  ];

  test.each(unstorable)('fails the step when it is %s, and the run with it', async (_, value) => {
    script.define = (workflow) => workflow.do('unstorable', value);
    const run = await start(newKey());
    expect(run).toMatchObject({ state: 'ERROR', error: { name: 'TypeError' } });
    expect(run.steps).toHaveLength(1);
  });

  test('fails the run when the workflow returns or throws it', async () => {
    script.define = () => Promise.resolve(1n);
    expect(await start(newKey())).toMatchObject({ state: 'ERROR', error: { name: 'TypeError' } });
    script.define = () => {
      throw Object.assign(new RangeError('round and round'), { cycle });
    };
    expect(await start(newKey())).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
  });

  test('comes at once as it comes at a replay', async () => {
    const seen: unknown[] = [];
    script.define = async (workflow) => {
      const text = await workflow.do('half a pair', () => 'x\ud800');
      seen.push(text);
      await workflow.echo('next', text);
      return workflow.echo('last', text);
    };
    const key = newKey();
    await crashAfterStep(key, 2);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(seen).toEqual(['x\ufffd', 'x\ufffd']);
  });
});
