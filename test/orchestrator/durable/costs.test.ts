import { backendOf } from '../../../orchestrator/durable/backend.ts';
import { PAGE_BYTES } from '../../../orchestrator/durable/history-pages.ts';
import { Runner, type RunRequest } from '../../../orchestrator/durable/runner.ts';
import { runTick } from '../../../orchestrator/tick/run-tick.ts';
import { CountedCollections } from '../../support/counted-collections.ts';
import { Changing, Echo, script } from '../../support/counting.ts';
import { Crash, newKey, silent, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';
import { figuresOfTest, table } from '../../support/figures.ts';
import { summed, Tally } from '../../support/tally.ts';

// What a run costs its store, counted: nothing here depends on how fast a machine is.
const tally = new Tally();
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo], { onCommand: tally.take });
});
afterAll(() => test_.close());

const commands: (string | number)[][] = [];
const bytes: (string | number)[][] = [];
afterAll(() =>
  figuresOfTest(
    'docs/performance.md',
    'test/orchestrator/durable/costs',
    `${table(['what', 'commands', 'which'], commands)}\n\n${table(['steps of a run', 'bytes sent for a step', 'bytes of the documents that a step writes'], bytes)}`,
  ),
);

/** The commands of a run that does this. */
async function commandsOf(
  define: typeof script.define,
  start?: RunRequest['start'],
  what?: string,
): Promise<string[]> {
  script.define = define;
  tally.taken();
  const request = { key: newKey(), workflow: new Changing(), ...(start && { start }) };
  expect(await test_.runner().run(request)).toMatchObject({ state: 'SUCCESS' });
  const taken = tally.taken();
  if (what !== undefined) commands.push([what, taken.length, summed(taken)]);
  return taken;
}

describe('the time and a random number have no command of their own', () => {
  const echo = async (workflow: Changing) => {
    await workflow.echo('first', 'a');
    await workflow.echo('second', 'b');
  };

  test('between two steps, and after the last one', async () => {
    const two = await commandsOf(echo, undefined, 'two steps');
    const define = async (workflow: Changing) => {
      await workflow.echo('first', 'a');
      await workflow.now();
      await workflow.random();
      await workflow.echo('second', 'b');
      await workflow.now('end');
    };
    const more = await commandsOf(define, undefined, 'two steps, with `now()` and `random()` between them');
    expect(more).toEqual(two);
    expect(two).toEqual(['findAndModify', 'update', 'update']);
  });

  test('before the first step of a run that a tick starts', async () => {
    // The first step ends what was decided about the start, in a write that takes the time along.
    const start = { notAfter: new Date(Date.now() + 3_600_000) };
    const define = async (workflow: Changing) => {
      await workflow.now();
      await echo(workflow);
    };
    const what = 'two steps of a run whose start has a limit';
    const limited = await commandsOf(echo, start, what);
    expect(limited).toEqual(['findAndModify', 'update', 'update', 'update']);
    expect(await commandsOf(define, start)).toEqual(limited);
  });

  test('but for one write before the first step, which must not start before what led to it is on record', async () => {
    const define = async (workflow: Changing) => {
      await workflow.now();
      await workflow.random();
      await echo(workflow);
    };
    const what = 'two steps, with `now()` and `random()` before them';
    expect(await commandsOf(define, undefined, what)).toEqual([
      'findAndModify',
      'update',
      'update',
      'update',
    ]);
  });

  test('in a run that has nothing else', async () => {
    const define = async (workflow: Changing) => {
      await workflow.now();
      return workflow.random();
    };
    expect(await commandsOf(define)).toEqual(['findAndModify', 'update']);
  });
});

/** Ten steps that all end once the last one has started. */
async function tenTogether(workflow: Changing): Promise<void> {
  let started = 0;
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const branch = (_: unknown, index: number) =>
    workflow.do(`branch ${index}`, () => {
      if (++started === 10) end();
      return ended;
    });
  await Promise.all(Array.from({ length: 10 }, branch));
}

test('ten steps in parallel that end together are one write', async () => {
  const define = async (workflow: Changing) => {
    await tenTogether(workflow);
    return workflow.echo('next', 'a');
  };
  const taken = await commandsOf(define, undefined, 'ten steps that end together, and one after them');
  // What comes after them must not start before they are on record; its own outcome ends the run.
  expect(taken).toEqual(['findAndModify', 'update', 'update']);
  expect(await commandsOf(tenTogether)).toEqual(['findAndModify', 'update']);
});

describe('a tick that resumes runs', () => {
  const trigger = { key: 'now', at: '2026-01-05T14:30:00Z', overlap: 'allow', isRedelivered: true } as const;
  const failed = { runFailed: (_: string, error: unknown) => expect(error).toBeUndefined() as undefined };

  /** Leaves a run as its orchestrator does that dies after so many outcomes. */
  async function leave(outcomes: number): Promise<void> {
    let left = outcomes;
    const crash = () => {
      if (--left === 0) throw new Crash();
    };
    const request = { key: newKey(), workflow: new Changing() };
    await expect(test_.doomedRunner({ stepEnded: crash }).run(request)).rejects.toThrow(Crash);
  }

  async function commandsOfTick(what?: string): Promise<string[]> {
    tally.taken();
    const tick = { ...trigger, starts: [], isOurs: () => true };
    const { runs } = await runTick(tick, test_.runner(), failed);
    const taken = tally.taken();
    if (what !== undefined) commands.push([what, taken.length, summed(taken)]);
    expect(runs.map(({ state }) => state)).toEqual(runs.map(() => 'SUCCESS'));
    return taken;
  }

  test('reads them with its claims, without a query for their histories', async () => {
    script.define = async (workflow) => {
      for (const value of ['a', 'b', 'c']) await workflow.echo('step', value);
    };
    await leave(2);
    const one = await commandsOfTick('a tick that resumes a run before its last step');
    expect(one).toEqual(['find', 'findAndModify', 'update']);

    await leave(2);
    await leave(2);
    const two = await commandsOfTick();
    expect(two.toSorted()).toEqual(['find', 'findAndModify', 'findAndModify', 'update', 'update']);
  });

  test('has one query more for a run whose history has pages, however many', async () => {
    script.define = async (workflow) => {
      for (let step = 0; step < 6; step++) await workflow.echo('step', 'x'.repeat(0.6 * PAGE_BYTES));
    };
    await leave(5);
    expect(await test_.pages.countDocuments({ endedAt: { $exists: false } })).toBe(4);
    const taken = await commandsOfTick('the same if the history of the run has pages, and gets another one');
    const reads = taken.filter((command) => command.startsWith('find'));
    expect(reads).toEqual(['find', 'findAndModify', 'find of pages']);
  });
});

test('the bytes of a run grow as its steps do: no step rewrites what all steps before it have recorded', async () => {
  let first: { sent: number; written: number } | undefined;
  const value = 'x'.repeat(2500);
  for (const steps of [100, 200, 400]) {
    script.define = async (workflow) => {
      for (let step = 0; step < steps; step++) await workflow.echo('step', value);
    };
    const counted = new CountedCollections();
    const backend = { ...counted.collections, workflows: backendOf(test_.app).workflows };
    const runner = new Runner(backend, silent, { remainingMs: () => Infinity, stepMs: 0 });
    const run = await runner.run({ key: 'bytes', workflow: new Changing() });
    expect(run).toMatchObject({ state: 'SUCCESS', steps: { length: steps } });
    const cost = { sent: counted.sent / steps, written: counted.written / steps };
    bytes.push([steps, Math.round(cost.sent), Math.round(cost.written)]);
    first ??= cost;
    expect(cost.sent / first.sent).toBeLessThan(1.1);
    expect(cost.written / first.written).toBeLessThan(1.1);
    expect(cost.written).toBeLessThan(PAGE_BYTES);
  }
});
