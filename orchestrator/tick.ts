import type { Config } from './config.ts';
import { runId } from './durable/ids.ts';
import type { Run } from './durable/run.ts';
import type { Runner, RunRequest } from './durable/runner.ts';
import type { EventOf } from './event.ts';
import { toReport, type Report } from './report.ts';
import { TradingWorkflow } from './workflows/trading.ts';

/** How many left-over runs one invocation carries on at the most. */
const CARRY_ON_LIMIT = 100;

/** How many runs one invocation has under way at a time. */
const PARALLEL_RUNS = 10;

/** What one invocation is about. */
export interface Tick {
  /** The scheduled time, the caller's idempotency key, or the request's id. */
  key: string;
  symbols: string[];
  /** The instant whose prices count, ISO 8601. A run keeps the one that it was started with. */
  at: string;
  /** Why it is too late to begin runs for it, if it is. */
  skip?: string;
}

export function toTick(event: EventOf<'tick' | 'run'>, config: Config, requestId: string, now: Date): Tick {
  if (event.command === 'tick') {
    const scheduledTime = new Date(event.scheduledTime).toISOString().replace('.000Z', 'Z');
    const ageMinutes = Math.floor((now.getTime() - Date.parse(scheduledTime)) / 60_000);
    const tick = { key: scheduledTime, symbols: config.symbols, at: scheduledTime };
    if (ageMinutes < config.maxTickAgeMinutes) return tick;
    const skip = `the tick came ${ageMinutes} minutes late; the limit is ${config.maxTickAgeMinutes}`;
    return { ...tick, skip };
  }
  const symbols = [...new Set(event.symbols ?? config.symbols)];
  return { key: event.idempotencyKey ?? requestId, symbols, at: now.toISOString() };
}

/**
 * One bounded pass: carries on what earlier invocations left, oldest first, then runs each symbol of the tick.
 *
 * A run that can't be driven leaves the others alone. An older one is left to the next tick; for one of the tick's own
 * the error is thrown in the end, so that the tick is delivered again.
 */
export async function runTick(tick: Tick, config: Config, runner: Runner, log: TickLog): Promise<Report> {
  const requests = tick.symbols.map((symbol) => toRequest(tick, symbol, config));
  const own = new Set(requests.map(({ key }) => runId(key).toHexString()));
  const { carriedOn, remaining } = await carryOn(runner, log, own);

  const failures: unknown[] = [];
  const runs = await inParallel(requests, (request) =>
    runner.run(request).catch((error: unknown) => {
      failures.push(error);
      return log.runFailed(request.key, error);
    }),
  );
  if (failures.length > 0) throw failures[0];
  return toReport(tick.key, [...runs.filter((run) => run !== undefined), ...carriedOn], remaining);
}

/** Carries on the runs that are due, oldest first, as long as there is time. */
export async function carryOn(
  runner: Runner,
  log: TickLog,
  except: ReadonlySet<string> = new Set(),
): Promise<{ carriedOn: Run[]; remaining: string[] }> {
  const unfinished = await runner.findUnfinished(CARRY_ON_LIMIT);
  const remaining: string[] = [];
  const runs = await inParallel(unfinished, async (id) => {
    if (except.has(id.toHexString())) return undefined;
    if (runner.hasTime) {
      return runner.carryOn(id).catch((error: unknown) => log.runFailed(id.toHexString(), error));
    }
    remaining.push(id.toHexString());
    return undefined;
  });
  return { carriedOn: runs.filter((run) => run !== undefined), remaining };
}

/** The answers in the order of the items, a few of which are under way at a time. */
async function inParallel<Item, Answer>(
  items: Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) answers[index] = await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, worker));
  return answers;
}

/** Told of a run that could not be driven, by its id or its key. */
export interface TickLog {
  runFailed(run: string, error: unknown): undefined;
}

function toRequest({ key, at, skip }: Tick, symbol: string, { quantity, approval }: Config): RunRequest {
  return {
    key: `${TradingWorkflow.permanentRef}/${symbol}/${key}`,
    workflow: new TradingWorkflow().setArgument({ symbol, qty: quantity, at, ...(approval && { approval }) }),
    filter: { tick: key, symbol },
    ...(skip !== undefined && { skip }),
  };
}
