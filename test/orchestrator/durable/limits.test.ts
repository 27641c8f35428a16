import { jest } from '@jest/globals';
import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

/** Never answers; or fails, to be tried again after a wait that no pass can hold. */
class Slow extends DurableAction {
  static override permanentRef = 'slow';
  static fails = false;
  override readonly retryPolicy = { attempts: 9, firstBackoffMs: 2 ** 40, longestBackoffMs: 600_000 };

  override isRetriable() {
    return true;
  }
  override main(): Promise<never> {
    calls.push({ name: 'slow', key: this.idempotencyKey });
    return Slow.fails ? Promise.reject(new Error('not now')) : new Promise(() => undefined);
  }
}

/** Undoes what `Echo` did. */
class Undo extends DurableAction {
  static override permanentRef = 'undo';
  static refuses = '';
  declare IArgument: { value: string };

  override async main() {
    const { value } = this.argument;
    calls.push({ name: `undo ${value}`, key: this.idempotencyKey });
    if (value === Undo.refuses) throw new RangeError('too late');
    return Promise.resolve(ActionState.SUCCESS);
  }
}

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Slow, Undo, Refuse]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
  Undo.refuses = '';
  Slow.fails = false;
});

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);

describe('a step with a timeout', () => {
  test('fails when it is over, and the workflow sees why', async () => {
    script.define = (workflow) =>
      workflow
        .do('slow', new Slow(), { timeout: { milliseconds: 20 } })
        .catch((error: Error) => ({ name: error.name, message: error.message }));
    expect(await start(newKey())).toMatchObject({
      state: 'SUCCESS',
      result: { name: 'StepTimeoutError', message: expect.stringContaining('Step "slow"') as string },
      steps: [{ ref: 'slow', attempts: 1, outcome: { state: 'ERROR' } }],
    });
  });

  test('counts from its first attempt, over attempts and passes', async () => {
    const clock = holdClock();
    const jitter = jest.spyOn(Math, 'random').mockReturnValue(0.9);
    try {
      Slow.fails = true;
      script.define = (workflow) => workflow.do('slow', new Slow(), { timeout: { hours: 1 } });
      const key = newKey();
      const attempts: number[] = [];
      for (let pass = 0; pass < 100; pass++) {
        const run = await start(key);
        if (run.state === 'ERROR') break;
        attempts.push(run.waits[0]!.attempts);
        clock.put(600_000);
      }
      expect(attempts.length).toBeGreaterThan(1);
      expect(await start(key)).toMatchObject({ state: 'ERROR', error: { message: /not now|no outcome by/ } });
    } finally {
      jitter.mockRestore();
      clock.release();
    }
  });

  test('that ends in time is a step like any other', async () => {
    script.define = async (workflow) =>
      workflow.do('echo', new Echo().setArgument({ value: 'x' }), { timeout: { hours: 1 } });
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: { value: 'x' } });
    const document = await test_.actions.findOne({ _id: runId(key) });
    expect(document).toMatchObject({ bag: { open: {}, recorded: 1, steps: [{ ref: 'echo' }] } });
  });
});

describe('a run that fails after steps with an undo', () => {
  const undo = ({ value }: { value: string }) => new Undo().setArgument({ value });
  const saga = async (workflow: Changing) => {
    for (const value of ['a', 'b'])
      await workflow.do(`book ${value}`, new Echo().setArgument({ value }), { undo });
    await workflow.do('refused', new Refuse());
  };
  const undisturbed = ['a', 'b', 'refuse', 'undo b', 'undo a'];

  test('undoes them, last one first, and says so', async () => {
    script.define = saga;
    const run = await start(newKey());
    expect(run).toMatchObject({
      state: 'ERROR',
      error: { name: 'OutOfStockError', undone: ['book b', 'book a'], notUndone: [] },
    });
    expect(run.steps.map(({ ref }) => ref)).toEqual([
      'book a',
      'book b',
      'refused',
      'undo book b',
      'undo book a',
    ]);
    expect(names()).toEqual(undisturbed);
  });

  test.each([1, 2, 3, 4, 5])('undoes each once, also after a crash at outcome %i', async (n) => {
    script.define = saga;
    const key = newKey();
    let ended = 0;
    const crash = () => {
      if (++ended === n) throw new Crash();
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'ERROR', error: { undone: ['book b', 'book a'] } });
    expect(names()).toEqual(undisturbed);
  });

  test('goes on with the others if one can not be undone', async () => {
    script.define = saga;
    Undo.refuses = 'b';
    expect(await start(newKey())).toMatchObject({
      state: 'ERROR',
      error: {
        name: 'OutOfStockError',
        undone: ['book a'],
        notUndone: [{ ref: 'book b', error: { name: 'RangeError', message: 'too late' } }],
      },
    });
  });

  test.each([1, 2, 3, 4])(
    'awaits what is under way, for it may succeed; also after a crash at outcome %i',
    async (n) => {
      script.define = (workflow) =>
        Promise.all([
          workflow.do('refused', new Refuse()),
          workflow
            .do(
              'late',
              async () => {
                for (let turn = 0; turn < 30; turn++) await new Promise(setImmediate);
                return { value: 'late' };
              },
              { undo },
            )
            .then(() => workflow.echo('never', 'never')),
        ]);
      const key = newKey();
      let ended = 0;
      const crash = () => {
        if (++ended === n) throw new Crash();
      };
      if (n < 4) await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
      expect(await start(key)).toMatchObject({ state: 'ERROR', error: { undone: ['late'] } });
      expect(names()).toEqual(['refuse', 'undo late']);
    },
  );
});

describe('what is recorded of the world', () => {
  test('is the same at every replay', async () => {
    const seen: unknown[] = [];
    script.define = async (workflow) => {
      seen.push([await workflow.now(), await workflow.random(), await workflow.random()]);
      await workflow.echo('after', 'x');
      return workflow.echo('last', 'x');
    };
    const key = newKey();
    const crash = (_: unknown, { ref }: { ref: string }) => {
      if (ref === 'after') throw new Crash();
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
    await start(key);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toEqual(seen[0]);
    const [at, first, second] = seen[0] as [Date, number, number];
    expect(at).toBeInstanceOf(Date);
    expect(first).not.toBe(second);
  });
});
