import * as z from 'zod';
import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { runId } from '../../../orchestrator/durable/ids.ts';
import { RunControl } from '../../../orchestrator/durable/run-control.ts';
import { holdClock } from '../../support/clock.ts';
import { calls, Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

// An answer is addressed by ref and occurrence, validated before it is taken, and kept for the wait that asks for it.
const { signals } = Changing;
let test_: DurableTestApp;
let clock: ReturnType<typeof holdClock>;
beforeAll(async () => {
  Changing.signals = {
    ...signals,
    limit: z.object({ usd: z.coerce.number().positive() }),
    'a.b$c': z.string(),
    anything: z.unknown(),
  };
  test_ = await startDurableApp([Changing, Echo]);
});
afterAll(async () => {
  Changing.signals = signals;
  await test_.close();
});
beforeEach(() => {
  clock = holdClock();
  calls.length = 0;
});
afterEach(() => clock.release());

const HOUR = 3_600_000;
const start = (key: string, runner = test_.runner()) => runner.run({ key, workflow: new Changing() });
const answer = (key: string, value: unknown, occurrence = 0, ref = 'approval') =>
  new RunControl(backendOf(test_.app)).signal(runId(key), ref, value, occurrence);
const approved = { approved: true };
const wait = (workflow: Changing, ref = 'approval') => workflow.waitFor(ref, { timeout: { hours: 1 } });

describe('several waits under one ref', () => {
  const three = async (workflow: Changing) => [
    await wait(workflow),
    await wait(workflow),
    await wait(workflow),
  ];
  const given = (n: number) => ({ approved: n % 2 === 0 });

  test('are answered one after the other, each by its occurrence', async () => {
    script.define = three;
    const key = newKey();
    for (let n = 0; n < 3; n++) {
      expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS', waits: [{ ref: 'approval' }] });
      expect(await answer(key, given(n), n)).toEqual({ outcome: 'taken' });
    }
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: [0, 1, 2].map(given) });
  });

  test.each([[[2, 1, 0]], [[1, 2, 0]], [[2, 0, 1]]])(
    'get answers that come in the order %j',
    async (order) => {
      script.define = three;
      const key = newKey();
      await start(key);
      for (const n of order) {
        const { outcome } = await answer(key, given(n), n);
        expect(outcome).toBe(n === 0 ? 'taken' : 'kept');
      }
      expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: [0, 1, 2].map(given) });
    },
  );

  test('have their own answers: one that is given again changes its own wait alone, and that not', async () => {
    script.define = three;
    const key = newKey();
    await start(key);
    await answer(key, given(0), 0);
    expect(await answer(key, given(1), 0)).toEqual({ outcome: 'answered', value: given(0) });
    expect(await start(key)).toMatchObject({
      state: 'IN_PROGRESS',
      steps: [{ outcome: { result: given(0) } }],
    });
    expect(await answer(key, given(1), 1)).toEqual({ outcome: 'taken' });
  });

  test('have their own deadlines', async () => {
    script.define = async (workflow) => [
      await wait(workflow).catch((error: Error) => error.name),
      await wait(workflow),
    ];
    const key = newKey();
    await start(key);
    clock.put(HOUR);
    expect(await answer(key, approved)).toEqual({ outcome: 'timed-out' });
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    expect(await answer(key, approved, 1)).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ result: ['StepTimeoutError', approved] });
  });
});

describe('an answer that the schema refuses', () => {
  const invalid: [string, unknown][] = [
    ['of another type', { approved: 'yes' }],
    ['with a member too many', { approved: true, by: 'me' }],
    ['without a member', {}],
    ['of nothing', undefined],
    ['of null', null],
    ['of a list', [approved]],
  ];

  test.each(invalid)(
    '%s is not taken, live or early, and leaves the place to a valid one',
    async (_, value) => {
      script.define = async (workflow) => [await wait(workflow), await wait(workflow)];
      const key = newKey();
      await start(key);
      for (const occurrence of [0, 1]) {
        expect(await answer(key, value, occurrence)).toMatchObject({ outcome: 'invalid' });
        expect(await answer(key, approved, occurrence)).toEqual({ outcome: occurrence ? 'kept' : 'taken' });
      }
      expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: [approved, approved] });
    },
  );

  test('by its length is not taken', async () => {
    script.define = (workflow) => wait(workflow, 'anything');
    const key = newKey();
    await start(key);
    expect(await answer(key, 'x'.repeat(100_000), 0, 'anything')).toMatchObject({ outcome: 'invalid' });
    expect(await answer(key, 'x', 0, 'anything')).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ result: 'x' });
  });
});

test('an answer is given as the schema makes it, at once and at a replay', async () => {
  const seen: unknown[] = [];
  script.define = async (workflow) => {
    seen.push(await wait(workflow, 'limit'));
    await workflow.echo('after', 'x');
    return workflow.echo('last', 'y');
  };
  const key = newKey();
  await start(key);
  expect(await answer(key, { usd: '12.5' }, 0, 'limit')).toEqual({ outcome: 'taken' });
  const crash = (_: unknown, { ref }: { ref: string }) => {
    if (ref === 'after') throw new Crash();
  };
  await expect(start(key, test_.doomedRunner({ stepEnded: crash }))).rejects.toThrow(Crash);
  expect(await start(key)).toMatchObject({ state: 'SUCCESS' });
  expect(seen).toEqual([{ usd: 12.5 }, { usd: 12.5 }]);
});

test('a ref may have any characters', async () => {
  script.define = (workflow) => wait(workflow, 'a.b$c');
  const key = newKey();
  await start(key);
  expect(await answer(key, 'x', 0, 'a.b$c')).toEqual({ outcome: 'taken' });
  expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: 'x' });
});

describe('an answer that comes before the wait exists', () => {
  const later = async (workflow: Changing) => {
    await workflow.echo('before', 'a');
    await workflow.sleep('an hour', { hours: 1 });
    return wait(workflow);
  };
  async function early() {
    script.define = later;
    const key = newKey();
    await start(key);
    expect(await answer(key, approved)).toEqual({ outcome: 'kept' });
    return key;
  }

  test('is kept over crashes, and longer than the wait would take', async () => {
    const key = await early();
    clock.put(50 * HOUR);
    const crash = {
      stepStarted: () => {
        throw new Crash();
      },
    };
    for (let pass = 0; pass < 3; pass++)
      await expect(start(key, test_.doomedRunner(crash))).rejects.toThrow(Crash);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: approved });
  });

  test('is the one that counts: a second one is refused, and the first is shown', async () => {
    const key = await early();
    expect(await answer(key, { approved: false })).toEqual({ outcome: 'answered', value: approved });
    clock.put(HOUR);
    expect(await start(key)).toMatchObject({ result: approved });
  });

  test('is kept for a branch that is slower than another', async () => {
    script.define = (workflow) =>
      Promise.all([
        workflow.sleep('an hour', { hours: 1 }).then(() => wait(workflow)),
        wait(workflow, 'limit'),
      ]);
    const key = newKey();
    await start(key);
    expect(await answer(key, approved)).toEqual({ outcome: 'kept' });
    expect(await answer(key, { usd: 1 }, 0, 'limit')).toEqual({ outcome: 'taken' });
    expect(await start(key)).toMatchObject({ state: 'IN_PROGRESS' });
    clock.put(HOUR);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: [approved, { usd: 1 }] });
  });

  test('to a run that is queued, or was put off, is kept for it', async () => {
    const filter = { overlap: newKey() };
    script.define = (workflow) => workflow.sleep('long', { hours: 1 });
    const first = newKey();
    await test_.runner().run({ key: first, workflow: new Changing(), filter });
    clock.put(1);
    const key = newKey();
    const start_ = { overlap: 'queue' } as const;
    await test_.runner().run({ key, workflow: new Changing(), filter, start: start_ });
    expect(await answer(key, approved)).toEqual({ outcome: 'kept' });
    expect(await start(key)).toMatchObject({ waits: [{ ref: 'queue' }] });
    clock.put(HOUR);
    expect(await start(first)).toMatchObject({ state: 'SUCCESS' });
    script.define = (workflow) => wait(workflow);
    expect(await start(key)).toMatchObject({ state: 'SUCCESS', result: approved });
  });
});
