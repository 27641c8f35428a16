import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { Flaky } from '../../support/flaky.ts';

class Nested extends DurableAction {
  static override permanentRef = 'nested';
  declare IArgument: { order: { qty: number } };
  override main(): Promise<ActionState> {
    calls.push({ name: String(this.argument.order.qty), key: this.idempotencyKey });
    return Promise.resolve(ActionState.SUCCESS);
  }
}
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse, Flaky, Nested]);
});
afterAll(() => test_.close());
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
  Refuse.isFixed = false;
  Object.assign(Flaky, { failures: 0, attempts: 0 });
});
afterEach(() => clock.release());

const start = (key: string) => test_.runner().run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
describe('a result that the workflow changes', () => {
  const queue = async (workflow: Changing) => {
    const items = await workflow.do<string[]>('list', () => ['a', 'b', 'c']);
    while (items.length > 0) {
      const item = items.shift()!;
      await workflow.echo('charge', item);
    }
    return 'done';
  };
  test('is recorded as the step gave it', async () => {
    script.define = queue;
    const run = await start(newKey());
    expect(run.steps[0]!.outcome).toEqual({ state: 'SUCCESS', result: ['a', 'b', 'c'] });
  });
  test('stands in the store as the step gave it, and a run that crashed goes on', async () => {
    script.define = queue;
    const key = newKey();
    let ended = 0;
    const crash = () => {
      if (++ended === 2) throw new Crash();
    };
    await expect(
      test_.doomedRunner({ stepEnded: crash }).run({ key, workflow: new Changing() }),
    ).rejects.toThrow(Crash);
    clock.put(1000);
    const run = await start(key);
    expect({ state: run.state, blocked: run.blocked, names: names() }).toEqual({
      state: 'SUCCESS',
      blocked: null,
      names: ['a', 'b', 'c'],
    });
  });
});

describe('an argument that is changed after the step was asked for', () => {
  test('the callee gets what is recorded', async () => {
    script.define = async (workflow) => {
      const argument = { value: '' };
      const asked: Promise<unknown>[] = [];
      for (const value of ['a', 'b', 'c']) {
        argument.value = value;
        asked.push(workflow.do(value, new Echo().setArgument(argument)));
      }
      await Promise.all(asked);
    };
    const { steps } = await start(newKey());
    expect(names()).toEqual(steps.map(({ argument }) => (argument as { value: string }).value));
  });
});

describe('a nested argument that is changed later', () => {
  test('the callee gets what is recorded', async () => {
    script.define = async (workflow) => {
      const order = { qty: 1 };
      const asked = workflow.do('order', new Nested().setArgument({ order }));
      order.qty = 100;
      await asked;
    };
    const { steps } = await start(newKey());
    expect(names()).toEqual([String((steps[0]!.argument as { order: { qty: number } }).order.qty)]);
  });
});

describe('an error that the workflow changes', () => {
  test('is recorded as it was', async () => {
    script.define = async (workflow) => {
      try {
        await workflow.do('x', () => {
          throw Object.assign(new Error('x'), { items: ['a', 'b'] });
        });
      } catch (error) {
        (error as { items: string[] }).items.pop();
      }
      await workflow.echo('y', 'y');
    };
    const { steps } = await start(newKey());
    expect(steps[0]!.outcome).toMatchObject({ error: { items: ['a', 'b'] } });
  });
});

describe('one action in two steps', () => {
  test('in parallel: each step has its own key, or it is refused', async () => {
    script.define = async (workflow) => {
      const pay = new Echo().setArgument({ value: 'pay' });
      await Promise.all([workflow.do('first', pay), workflow.do('second', pay)]);
    };
    const { state } = await start(newKey());
    const keys = calls.map(({ key }) => key);
    expect(state === 'ERROR' || new Set(keys).size === 2).toBe(true);
  });
});

test('an action is for one step: a second step with it is refused, also one after the other', async () => {
  script.define = async (workflow) => {
    const pay = new Echo().setArgument({ value: 'pay' });
    await workflow.do('first', pay);
    await workflow.do('second', pay).catch(() => undefined);
  };
  expect(await start(newKey())).toMatchObject({
    state: 'ERROR',
    error: { name: 'MisuseError', message: expect.stringContaining('"second"') as string },
  });
  expect(calls).toHaveLength(1);
});

describe('a timeout beyond the last date', () => {
  test('is refused before the step is executed, or never fires', async () => {
    script.define = (workflow) =>
      workflow.do('charge', new Echo().setArgument({ value: 'charge' }), {
        timeout: { days: Number.MAX_SAFE_INTEGER },
      });
    const { state, error } = await start(newKey());
    expect({ state, error, calls: calls.length }).toEqual(
      state === 'SUCCESS'
        ? { state, error: null, calls: 1 }
        : { state, error: expect.objectContaining({ name: 'RangeError' }) as object, calls: 0 },
    );
  });
});

describe('a step of the workflow whose ref begins with "undo "', () => {
  test('is not confused with the undo of a step', async () => {
    script.define = async (workflow) => {
      await workflow.do('charge', new Echo().setArgument({ value: 'charge' }), {
        undo: () => new Echo().setArgument({ value: 'refund' }),
      });
      void workflow.do('undo charge', new Flaky());
      throw new Error('x');
    };
    Flaky.failures = 0;
    const run = await start(newKey());
    expect({ names: names(), undone: run.error?.['undone'], message: run.error?.message }).toEqual({
      names: ['charge', 'refund'],
      undone: ['charge'],
      message: expect.stringContaining('that of an undo') as string,
    });
  });
});
