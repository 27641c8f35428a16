import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { calls, Changing, Echo, Refuse, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

class Undo extends DurableAction {
  static override permanentRef = 'undo';

  override main(): Promise<ActionState> {
    calls.push({ name: 'undo', key: this.idempotencyKey });
    return Promise.resolve(ActionState.SUCCESS);
  }
}

let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Refuse, Undo]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
});

const start = (key = newKey()) => test_.runner().run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const misuse = (text: string) => ({ name: 'MisuseError', message: expect.stringContaining(text) as string });

describe('a step inside a step', () => {
  test('is refused when it is asked for, and fails the outer step', async () => {
    script.define = (workflow) => workflow.do('outer', () => workflow.echo('inner', 'a'));
    expect(await start()).toMatchObject({
      state: 'ERROR',
      error: misuse('Step "inner" is asked for inside step "outer"'),
      steps: [{ ref: 'outer', attempts: 1 }],
    });
    expect(calls).toEqual([]);
  });

  test('fails it too where its work catches the refusal', async () => {
    script.define = (workflow) =>
      workflow.do('outer', async () => {
        await workflow.echo('inner', 'a').catch(() => undefined);
        return 'as if nothing had happened';
      });
    expect(await start()).toMatchObject({ state: 'ERROR', error: misuse('inside step "outer"') });
  });

  test('that is asked for once the outer one is over ends the run', async () => {
    script.define = async (workflow) => {
      let ask!: () => void;
      const asked = new Promise<void>((resolve) => (ask = resolve));
      await workflow.do('outer', () => {
        void asked.then(() => workflow.echo('inner', 'a').catch(() => undefined));
      });
      ask();
      await workflow.echo('later', 'b');
    };
    expect(await start()).toMatchObject({ state: 'ERROR', error: misuse('inside step "outer"') });
    expect(names()).not.toContain('a');
  });

  test('of a run that has failed is refused as well: nothing waits for it', async () => {
    let goOn!: () => void;
    const failed = new Promise<void>((resolve) => (goOn = resolve));
    let refusal: unknown;
    script.define = async (workflow) => {
      workflow
        .do('outer', async () => {
          await failed;
          refusal = await workflow.echo('inner', 'a').catch((error: unknown) => error);
        })
        .catch(() => undefined);
      await workflow.echo('first', 'b');
      setImmediate(goOn);
      throw new RangeError('of its own');
    };
    expect(await start()).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
    expect(refusal).toMatchObject(misuse('inside step "outer"'));
  });
});

describe('a ref that two branches use at once', () => {
  const twins = (workflow: Changing) =>
    Promise.allSettled([workflow.echo('same', 'a'), workflow.echo('same', 'b')]);

  test('ends the run, also if the workflow catches the refusal', async () => {
    script.define = async (workflow) => {
      await twins(workflow);
      return workflow.echo('trade', 'c');
    };
    expect(await start()).toMatchObject({
      state: 'ERROR',
      error: misuse('Step "same" is asked for while another step with the same ref is under way'),
    });
    expect(names()).not.toContain('c');
  });

  test('undoes what the run has done', async () => {
    script.define = async (workflow) => {
      await workflow.do('book', new Echo().setArgument({ value: 'x' }), { undo: () => new Undo() });
      await twins(workflow);
    };
    expect(await start()).toMatchObject({ state: 'ERROR', error: { name: 'MisuseError', undone: ['book'] } });
    expect(names()).toContain('undo');
  });

  test('is taken one after the other', async () => {
    script.define = async (workflow) => {
      await workflow.echo('same', 'a');
      return workflow.echo('same', 'b');
    };
    expect(await start()).toMatchObject({ state: 'SUCCESS', result: { value: 'b' } });
  });
});

test('steps that the workflow does not await are carried out before the run ends, however many they are', async () => {
  script.define = (workflow) => {
    for (let step = 0; step < 120; step++) void workflow.echo(`step ${step}`, `${step}`);
    return Promise.resolve();
  };
  expect(await start()).toMatchObject({ state: 'SUCCESS', steps: { length: 120 } });
  expect(new Set(names()).size).toBe(120);
});

test('so are those of a run that fails', async () => {
  script.define = async (workflow) => {
    for (let step = 0; step < 60; step++) void workflow.echo(`step ${step}`, `${step}`);
    await workflow.do('refused', new Refuse());
  };
  expect(await start()).toMatchObject({ state: 'ERROR', steps: { length: 61 } });
});
