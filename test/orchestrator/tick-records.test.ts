import type { LambdaInvoker } from '../../orchestrator/actions/lambda-invoker.ts';
import { marketAtTick, type HoursLog } from '../../orchestrator/tick/market-at-tick.ts';
import { TickRecords, type TickRecord } from '../../orchestrator/tick/tick-records.ts';
import { personTrigger } from '../../orchestrator/tick/trigger.ts';
import { FunctionFailedError, FunctionThrottledError } from '../../orchestrator/actions/invoke-errors.ts';
import { Crash, newKey, startDurableApp, type DurableTestApp } from '../support/durable-app.ts';

// What is on record of a tick, whatever its deliveries find and wherever they die.
let test_: DurableTestApp;
beforeAll(async () => {
  test_ = await startDurableApp([]);
});
afterAll(() => test_.close());

const OPENS = '2026-11-27T14:30:00.000Z';
const CLOSES = '2026-11-27T18:00:00.000Z';
const hours = (is_open: boolean) => ({ is_open, opens_at: OPENS, closes_at: CLOSES });
const remote = { name: 'TooManyRequestsException', message: 'Rate Exceeded.' };
const throttled = new FunctionThrottledError('check-market-hours', remote);

/** A function that answers these one after the other, and how often it was asked. */
function answering(...answers: (object | Error)[]) {
  const asked: unknown[] = [];
  const invoke = (_: unknown, request: unknown) => {
    asked.push(request);
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { asked, invoker: { invoke } as unknown as LambdaInvoker };
}

function logOf() {
  const lines: unknown[][] = [];
  const log: HoursLog = {
    marketClosed: (...about) => void lines.push(['closed', ...about]),
    hoursUnknown: (...about) => void lines.push(['unknown', ...about]),
  };
  return { lines, log };
}

const records = () => new TickRecords(test_.app, { historyDays: 30 });
const triggerOf = (key: string) => personTrigger(key, new Date('2026-11-26T15:00:00Z'));
const deliver = (key: string, invoker: LambdaInvoker, of: TickRecords = records(), log = logOf().log) =>
  marketAtTick(triggerOf(key), invoker, of, log);

const closed = { market: 'closed', until: new Date(OPENS) };
const open = { market: 'open', until: new Date(CLOSES) };
const unknown = { market: 'unknown', until: null };
const found: [string, object | Error, object][] = [
  ['closed', hours(false), closed],
  ['open', hours(true), open],
  ['unknown', new FunctionFailedError('check-market-hours', { name: 'BrokerError', message: 'no' }), unknown],
];

describe.each(found)('a tick that found the market %s', (_, answer, expected) => {
  test.each(found)('finds the same at a delivery that would find it %s', async (_later, other) => {
    const key = newKey();
    expect(await deliver(key, answering(answer).invoker)).toEqual({ tick: key, ...expected });
    expect(await deliver(key, answering(other).invoker)).toEqual({ tick: key, ...expected });
  });

  test('and whose orchestrator died at its record, finds what is there, or what it finds then', async () => {
    for (const isWritten of [true, false]) {
      const key = newKey();
      const dying = {
        async record(tick: string, market: TickRecord) {
          if (isWritten) await records().record(tick, market);
          throw new Crash();
        },
      } as unknown as TickRecords;
      await expect(deliver(key, answering(answer).invoker, dying)).rejects.toThrow(Crash);
      const next = await deliver(key, answering(hours(true)).invoker);
      expect(next).toEqual({ tick: key, ...(isWritten ? expected : open) });
    }
  });
});

test('of eight deliveries at once that find different things, all get one answer', async () => {
  for (let round = 0; round < 5; round++) {
    const key = newKey();
    const answers = Array.from({ length: 8 }, (_, index) => found[index % 3]![1]);
    const got = await Promise.all(answers.map((answer) => deliver(key, answering(answer).invoker)));
    expect(new Set(got.map((each) => each.market)).size).toBe(1);
  }
});

test('the hours are asked about as of the instant of the trigger, and once more after a fault that may pass', async () => {
  const { asked, invoker } = answering(throttled, hours(false));
  expect(await deliver(newKey(), invoker)).toMatchObject(closed);
  expect(asked).toEqual(Array.from({ length: 2 }, () => ({ at: '2026-11-26T15:00:00.000Z' })));
});

test('they are unknown after two faults, or one that will not pass, and the error is reported', async () => {
  for (const [answers, count] of [
    [[throttled, throttled], 2],
    [[found[2]![1]], 1],
  ] as const) {
    const { asked, invoker } = answering(...answers);
    const { lines, log } = logOf();
    const key = newKey();
    expect(await deliver(key, invoker, records(), log)).toMatchObject(unknown);
    expect(asked).toHaveLength(count);
    expect(lines).toEqual([['unknown', key, answers.at(-1)]]);
  }
});

test('a record ends with the history', async () => {
  const ticks = test_.app.ActionModel.db.db!.collection('ticks');
  const key = newKey();
  const before = Date.now();
  await deliver(key, answering(hours(true)).invoker);
  const { expiresAt } = (await ticks.findOne({ _id: key as never }))! as unknown as { expiresAt: Date };
  const days = (expiresAt.getTime() - before) / 86_400_000;
  expect(Math.round(days)).toBe(30);
  const indexes = await ticks.indexes();
  expect(indexes).toContainEqual(
    expect.objectContaining({ name: 'retention', key: { expiresAt: 1 }, expireAfterSeconds: 0 }),
  );
});
