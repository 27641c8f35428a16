import type { Run } from '../../../orchestrator/durable/run.ts';
import { calls, Changing, Echo, ScopedEcho, script } from '../../support/counting.ts';
import { newKey, startDurableApp, type DurableTestApp } from '../../support/durable-app.ts';

// Two orchestrators that hold one run, one of them no longer: both say the same of it.
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([Changing, Echo, ScopedEcho]);
});
afterAll(() => test_.close());
beforeEach(() => {
  calls.length = 0;
});

const request = (key: string) => ({ key, workflow: new Changing() });
const names = () => calls.map(({ name }) => name);
const REFS = ['one', 'other'] as const;
type Ref = (typeof REFS)[number];

/** An orchestrator at a race between two steps, each of which ends when a test says so. */
function racer(key: string, who: string, runner = test_.runner()) {
  const ends = new Map<Ref, () => void>();
  const begun = new Map<Ref, () => void>();
  const haveBegun = new Map(
    REFS.map((ref) => [ref, new Promise<void>((resolve) => begun.set(ref, resolve))] as const),
  );
  script.define = async (workflow) => {
    const racing = REFS.map((ref) =>
      workflow.do(ref, async () => {
        const gate = new Promise<void>((resolve) => ends.set(ref, resolve));
        begun.get(ref)!();
        await gate;
        return { ref, who };
      }),
    );
    const winner = await Promise.race(racing);
    // The order that the winner places: there is one of them in a run, and one key.
    const order = new ScopedEcho().setArgument({ value: `${winner.ref} of ${winner.who}` });
    const placed = await workflow.do('order', order);
    return { winner, placed, all: await Promise.all(racing) };
  };
  const ended = runner.run(request(key));
  return { ended, end: (ref: Ref) => ends.get(ref)!(), hasBegun: (ref: Ref) => haveBegun.get(ref)! };
}

/** Both holders, at the race: the first one has lost the run to the second one. */
async function holders(key: string) {
  const old = racer(key, 'old', test_.doomedRunner({}));
  for (const ref of REFS) await old.hasBegun(ref);
  const current = racer(key, 'current');
  for (const ref of REFS) await current.hasBegun(ref);
  return { old, current };
}

interface Result {
  winner: { ref: Ref; who: string };
  placed: { value: string };
  all: { ref: Ref; who: string }[];
}

/** What both say is what stands, and each step has its own outcome. */
async function expectOneCourse(key: string, ...said: Run[]) {
  const standing = await test_.runner().run(request(key));
  expect(standing.state).toBe('SUCCESS');
  for (const run of said) if (run.state === 'SUCCESS') expect(run.result).toEqual(standing.result);
  const { winner, placed, all } = standing.result as Result;
  expect(all.map(({ ref }) => ref)).toEqual(REFS);
  expect(all).toContainEqual(winner);
  expect(placed.value).toBe(`${winner.ref} of ${winner.who}`);
  for (const { ref, outcome } of standing.steps)
    if (ref !== 'order') expect(outcome).toMatchObject({ state: 'SUCCESS', result: { ref } });
  return standing.result as Result;
}

const orders: [string, Ref, Ref][] = [
  ['another winner', 'one', 'other'],
  ['the same winner', 'one', 'one'],
  ['another winner, the other way round', 'other', 'one'],
];

describe.each(orders)(
  'two holders of one run with a race, each of which sees %s,',
  (_, seenFirst, seenThen) => {
    const rest = (ref: Ref) => REFS.find((other) => other !== ref)!;

    test('report one winner, where the old holder ends first', async () => {
      const key = newKey();
      const { old, current } = await holders(key);
      old.end(seenFirst);
      old.end(rest(seenFirst));
      // Its first write matches nothing, so that it learns that it lost the run before it places an order.
      const said = await old.ended;
      expect(said.state).toBe('IN_PROGRESS');
      expect(names()).toEqual([]);
      current.end(seenThen);
      current.end(rest(seenThen));
      const { winner } = await expectOneCourse(key, said, await current.ended);
      expect(winner).toEqual({ ref: seenThen, who: 'current' });
      expect(names()).toEqual([`${seenThen} of current`]);
    });

    test('report one winner, where the new holder ends first', async () => {
      const key = newKey();
      const { old, current } = await holders(key);
      current.end(seenThen);
      current.end(rest(seenThen));
      const said = await current.ended;
      old.end(seenFirst);
      old.end(rest(seenFirst));
      const late = await old.ended;
      expect(late).toMatchObject({ state: 'SUCCESS', result: said.result as object });
      await expectOneCourse(key, said, late);
      expect(names()).toEqual([`${seenThen} of current`]);
    });

    test('report one winner, where both end at once', async () => {
      const key = newKey();
      const { old, current } = await holders(key);
      old.end(seenFirst);
      current.end(seenThen);
      old.end(rest(seenFirst));
      current.end(rest(seenThen));
      await expectOneCourse(key, ...(await Promise.all([old.ended, current.ended])));
      expect(names()).toEqual([`${seenThen} of current`]);
    });

    test('report one winner, where the old one had recorded its winner before it lost the run', async () => {
      const key = newKey();
      const old = racer(key, 'old', test_.doomedRunner({}));
      for (const ref of REFS) await old.hasBegun(ref);
      old.end(seenFirst);
      // Its order is placed after its winner is on record.
      while (names().length === 0) await new Promise(setImmediate);
      const current = racer(key, 'current');
      await current.hasBegun(rest(seenFirst));
      current.end(rest(seenFirst));
      const said = await current.ended;
      old.end(rest(seenFirst));
      const { winner } = await expectOneCourse(key, said, await old.ended);
      expect(winner).toEqual({ ref: seenFirst, who: 'old' });
      expect(new Set(names())).toEqual(new Set([`${seenFirst} of old`]));
      expect(new Set(calls.map((call) => call.key)).size).toBe(1);
    });
  },
);
