import { ActionState } from '@wbce/orbits-core';
import { DurableAction } from '../../../orchestrator/durable/durable-action.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

/** Undoes what `Echo` did. */
class Undo extends DurableAction {
  static override permanentRef = 'undo';

  override main(): Promise<ActionState> {
    calls.push({ name: 'undo', key: this.idempotencyKey });
    return Promise.resolve(ActionState.SUCCESS);
  }
}

// What a replay could not repeat is refused when it happens, or is carried out all the same.
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Undo]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
});

const start = (key = newKey(), runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const misuse = (text: string) => ({ name: 'MisuseError', message: expect.stringContaining(text) as string });
const refs = (steps: { ref: string }[]) => steps.map(({ ref }) => ref);

describe('a step that is asked for inside a step', () => {
  const inside: [string, (workflow: Changing) => Promise<unknown>][] = [
    ['at once', (workflow) => workflow.echo('inner', 'x')],
    [
      'after a pause of its own',
      async (workflow) => {
        await new Promise(setImmediate);
        return workflow.echo('inner', 'x');
      },
    ],
    ['as a sleep', (workflow) => workflow.sleep('inner', { milliseconds: 1 })],
    ['as a wait', (workflow) => workflow.waitFor('approval', { timeout: { hours: 1 } })],
    ['as the time', (workflow) => workflow.now('inner')],
    ['as a random number', (workflow) => workflow.random('inner')],
    [
      'as one of several',
      (workflow) => Promise.all([workflow.echo('inner', 'x'), workflow.echo('other', 'y')]),
    ],
  ];

  test.each(inside)('%s is refused when it happens, and is not executed', async (_, ask) => {
    script.define = (workflow) => workflow.do('outer', () => ask(workflow));
    const run = await start(newKey());
    expect(run).toMatchObject({
      state: 'ERROR',
      error: { name: 'MisuseError', message: expect.stringContaining('inside step "outer"') as string },
    });
    expect(refs(run.steps)).toEqual(['outer']);
    expect(calls).toEqual([]);
  });

  test('is refused in the same way after a crash, and harms no other step', async () => {
    script.define = async (workflow) => {
      const outer = await workflow
        .do('outer', () => workflow.echo('inner', 'x'))
        .catch((error: Error) => error.name);
      await workflow.echo('first', 'a');
      return [outer, await workflow.echo('second', 'b')];
    };
    const key = newKey();
    const crash = (_: unknown, { ref }: { ref: string }) => {
      if (ref === 'first') throw new Crash();
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: ['MisuseError', { value: 'b' }] });
    expect(names()).toEqual(['a', 'b']);
  });

  test('is not mistaken for one that is asked for when a step has ended', async () => {
    script.define = (workflow) =>
      Promise.all(
        ['a', 'b'].map((name) =>
          workflow
            .do(`outer ${name}`, async () => {
              await new Promise(setImmediate);
              return name;
            })
            .then((value) => workflow.echo(`after ${name}`, value)),
        ),
      );
    expect(await start(newKey())).toMatchObject({ result: [{ value: 'a' }, { value: 'b' }] });
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
