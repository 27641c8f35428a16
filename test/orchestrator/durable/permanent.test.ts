import { ActionState } from '@wbce/orbits-core';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { Scripted } from '../../support/scripted.ts';

// A fault that will not pass fails its step once, and says so.
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, Scripted]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
});

const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const MIB = 1024 * 1024;
const nested = (levels: number): unknown => (levels === 0 ? 'x' : { in: nested(levels - 1) });
const throwing = (error: unknown) => () => {
  throw error;
};
const once = (work: () => unknown) => (workflow: Changing) =>
  workflow.do('step', () => {
    calls.push({ name: 'step', key: '' });
    return work();
  });

describe('a result that can not be stored fails its step, executed once, with the reason', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['17 MiB', () => 'x'.repeat(17 * MIB), /the limit is/],
    ['8 MiB', () => 'x'.repeat(8 * MIB), /the limit is/],
    ['a thousand levels', () => nested(1_000), /levels of nesting/],
  ])('%s', async (_, work, message) => {
    script.define = once(work);
    expect(await start(newKey())).toMatchObject({
      state: 'ERROR',
      error: { name: 'RangeError', message: expect.stringMatching(message) as string },
      steps: [{ attempts: 1, outcome: { state: 'ERROR' } }],
    });
    expect(calls).toHaveLength(1);
  });
});

describe('a result that can be stored is given as it was, at once and at a replay', () => {
  test.each<[string, unknown]>([
    ['6 MiB', 'x'.repeat(6 * MIB)],
    ['keys with $ and dots', { $set: { 'a.b': 1 }, 'a.b.c': { $gt: 0 }, '': 'empty', $ref: 'x', $id: 1 }],
    ['a key that is a name of JavaScript', JSON.parse('{"__proto__":{"x":1},"constructor":1}')],
    ['70 levels', nested(70)],
    ['many small numbers', Array<number>(50_000).fill(1)],
  ])('%s', async (_, value) => {
    const seen: unknown[] = [];
    script.define = async (workflow) => {
      seen.push(await workflow.do('step', () => value));
      await workflow.echo('after', 'x');
      return workflow.echo('last', 'x');
    };
    const key = newKey();
    let ended = 0;
    const crash = () => {
      if (++ended === 2) throw new Crash();
    };
    await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(seen).toEqual([value, value]);
  });

  test.each<[string, unknown]>([
    ['keys with $ and dots', { $set: { 'a.b': 1 }, 'a.b.c': { $gt: 0 } }],
    ['70 levels', nested(70)],
  ])('%s, as the result of the run', async (_, value) => {
    script.define = () => Promise.resolve(value);
    const key = newKey();
    expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: value });
  });
});

describe('a result of the run that can not be stored ends it in an error, at once', () => {
  test.each<[string, () => unknown]>([
    ['17 MiB', () => 'x'.repeat(17 * MIB)],
    ['as BSON far larger than as JSON', () => Array<number>(1_500_000).fill(1)],
  ])('%s', async (_, value) => {
    script.define = async (workflow) => {
      await workflow.echo('only', 'x');
      return value();
    };
    expect(await start(newKey())).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
    expect(calls).toHaveLength(1);
  });
});

const badError = Object.defineProperty(new Error('x'), 'message', { get: throwing(new Error('no message')) });
const cyclic = new Error('round');
cyclic.cause = cyclic;
const wide = (depth: number): Error =>
  depth === 0
    ? new Error('x'.repeat(20_000))
    : new AggregateError(
        Array.from({ length: 20 }, () => wide(depth - 1)),
        'wide',
      );

describe('whatever is thrown fails the step, and what can be is recorded of it', () => {
  test.each<[string, unknown, object]>([
    ['an object without a prototype', Object.create(null), { name: 'Error', message: '{}' }],
    ['a plain object', { code: 7, why: 'no' }, { name: 'Error', message: '{"code":7,"why":"no"}' }],
    ['undefined', undefined, { message: 'undefined' }],
    ['a symbol', Symbol('sad'), { message: 'Symbol(sad)' }],
    ['an error whose message can not be read', badError, { name: expect.any(String) as string }],
    ['an error that is its own cause', cyclic, { message: 'round' }],
    [
      'an error with a cause',
      new RangeError('outer', { cause: new TypeError('inner') }),
      { name: 'RangeError', cause: { name: 'TypeError', message: 'inner' } },
    ],
    [
      'an AggregateError',
      new AggregateError([new RangeError('one'), 'two'], 'all failed'),
      { name: 'AggregateError', errors: [{ name: 'RangeError', message: 'one' }, { message: 'two' }] },
    ],
    [
      'an error with 20 MiB of details',
      Object.assign(new Error('large'), { body: 'x'.repeat(20 * MIB) }),
      { message: 'large' },
    ],
    [
      'errors with 2 MiB of details each',
      new AggregateError(
        Array.from({ length: 5 }, () =>
          Object.assign(new Error('part'), { body: Array<number>(MIB).fill(1) }),
        ),
        'many',
      ),
      { message: 'many' },
    ],
    ['errors of errors of errors', wide(3), { message: 'wide' }],
  ])('%s', async (_, thrown, error) => {
    script.define = once(throwing(thrown));
    const run = await start(newKey());
    expect(run).toMatchObject({ state: 'ERROR', error });
    expect(run.steps).toMatchObject([{ attempts: 1, outcome: { state: 'ERROR', error } }]);
    expect(calls).toHaveLength(1);
  });

  test('also by a part of the action other than its work', async () => {
    const parts: Parameters<typeof Scripted.of>[0][] = [
      { main: throwing(new RangeError('first')), isRetriable: throwing(new TypeError('second')) },
      { main: () => ActionState.IN_PROGRESS, due: throwing(new RangeError('no due date')) },
      {
        main: () => ActionState.IN_PROGRESS,
        watcher: () => ActionState.IN_PROGRESS,
        due: () => new Date(NaN),
      },
      { main: ({ bag }) => (Object.assign(bag, { job: 1n }), ActionState.IN_PROGRESS) },
    ];
    for (const part of parts) {
      script.define = (workflow) => workflow.do('step', Scripted.of(part));
      expect(await start(newKey())).toMatchObject({
        state: 'ERROR',
        error: { message: expect.any(String) as string },
        steps: [{ ref: 'step', outcome: { state: 'ERROR' } }],
      });
    }
  });
});

describe('what a step is asked for with, and can not be carried out, fails the run, and can be caught', () => {
  test.each<[string, (workflow: Changing) => Promise<unknown>, string]>([
    ['a timeout that is not one', (w) => w.do('step', () => 1, { timeout: {} }), 'RangeError'],
    [
      'an argument that JSON does not have',
      (w) => w.do('step', new Echo().setArgument({ value: 1n as never })),
      'TypeError',
    ],
    [
      'an argument that is too large',
      (w) => w.do('step', new Echo().setArgument({ value: 'x'.repeat(8 * MIB) })),
      'RangeError',
    ],
    ['a sleep that is not one', (w) => w.sleep('step', { minutes: -1 }), 'RangeError'],
    ['a wait that is not one', (w) => w.waitFor('approval', { timeout: {} }), 'RangeError'],
    ['a time that is not one', (w) => w.sleep('step', new Date(NaN)), 'RangeError'],
  ])('%s', async (_, ask, name) => {
    script.define = ask;
    expect(await start(newKey())).toMatchObject({ state: 'ERROR', error: { name } });
    script.define = (workflow) => ask(workflow).catch((error: Error) => error.name);
    expect(await start(newKey())).toMatchObject({ state: 'SUCCESS', result: name });
    expect(calls).toEqual([]);
  });
});

test('a run whose parts are each small enough, and together too large for its record, says that', async () => {
  script.define = async (workflow) => {
    const value = 'x'.repeat(6.5 * MIB);
    await workflow.do('large', new Echo().setArgument({ value }));
    return value;
  };
  const key = newKey();
  const run = await start(key);
  expect(run).toMatchObject({ state: 'ERROR', error: { name: 'RangeError' } });
  expect(calls).toHaveLength(1);
  expect((await test_.actions.findOne({ _id: runId(key) }))!['bag']).toMatchObject({ claims: 0 });
});

test('a step that makes what is in progress too large together fails once, and says why', async () => {
  script.define = (workflow) =>
    Promise.all(
      ['a', 'b', 'c'].map((ref) => {
        const job = Scripted.of({ main: () => ActionState.IN_PROGRESS });
        return workflow.do(ref, job.setArgument({ value: ref.repeat(6 * MIB) }));
      }),
    );
  const error = { name: 'RangeError', message: expect.stringContaining('of steps in progress') as string };
  expect(await start(newKey())).toMatchObject({ state: 'ERROR', error, blocked: null });
});
