import type { Shard } from './actions/symbol.ts';
import type { Config } from './config.ts';
import { carryOn, inParallel, type TickLog } from './carry-on.ts';
import { runId } from './durable/ids.ts';
import type { Run } from './durable/run.ts';
import type { OpenRun } from './durable/run-store.ts';
import type { Runner, RunRequest } from './durable/runner.ts';
import type { EventOf } from './event.ts';
import { toReport, type Report } from './report.ts';
import { isIn } from './watchlist.ts';
import { TradingWorkflow } from './workflows/trading.ts';

/** How many unfinished runs one invocation looks at, at the most. */
export const OPEN_LIMIT = 10_000;

/** Why a run waits that there was no time to begin. */
const NO_TIME = 'the invocation had no time left to begin it';

/** What one invocation is about. */
export interface Tick {
  /** The scheduled time, the caller's idempotency key, or the request's id. */
  key: string;
  symbols: string[];
  /** The part of all symbols whose open runs it carries on; all of them where it is undefined. */
  shard?: Shard | undefined;
  /** Whether it is delivered again when it fails. */
  isRedelivered?: boolean;
  /** The instant whose prices count, ISO 8601. A run keeps the one that it was started with. */
  at: string;
  /** What to do where an earlier run of the symbol is still open. A person's own run does not ask. */
  overlap: Config['overlap'];
  /** Why it is too late to begin runs for it, if it is. */
  skip?: string;
}

/** Thrown where the time was up before each symbol had its turn; what was not begun is on record, and waits. */
export class UnfinishedTickError extends Error {
  override readonly name = 'UnfinishedTickError';
}

export function toTick(
  event: EventOf<'tick' | 'run'>,
  symbols: string[],
  config: Config,
  requestId: string,
  now: Date,
): Tick {
  const { shard } = event;
  if (event.command === 'tick') {
    const scheduledTime = new Date(event.scheduledTime).toISOString().replace('.000Z', 'Z');
    const ageMinutes = Math.floor((now.getTime() - Date.parse(scheduledTime)) / 60_000);
    const { overlap } = config;
    const tick = { key: scheduledTime, symbols, shard, at: scheduledTime, overlap, isRedelivered: true };
    if (ageMinutes < config.maxTickAgeMinutes) return tick;
    // The price of its own time is none to trade at any more.
    if (event.late) return { ...tick, at: now.toISOString() };
    const skip = `the tick came ${ageMinutes} minutes late; the limit is ${config.maxTickAgeMinutes}`;
    return { ...tick, skip };
  }
  const key = event.idempotencyKey ?? requestId;
  return { key, symbols, shard, at: now.toISOString(), overlap: 'allow' };
}

/**
 * One bounded pass: carries on what earlier invocations left, oldest first, then runs each symbol of the tick.
 *
 * A run that can't be driven leaves the others alone. An older one is left to the next tick; for one of the tick's own
 * the error is thrown in the end, so that the tick is delivered again. So it is where the time did not do for all: their
 * runs are put on record all the same, so that none depends on that delivery.
 */
export async function runTick(tick: Tick, config: Config, runner: Runner, log: TickLog): Promise<Report> {
  const own = new Set(tick.symbols.map((symbol) => runId(keyOf(tick, symbol)).toHexString()));
  const found = await runner.findOpen(OPEN_LIMIT);
  const isOurs = ({ filter }: OpenRun) => !tick.shard || isIn(tick.shard, filter['symbol'] ?? '');
  const others = found.filter((run) => !own.has(run.id.toHexString()) && isOurs(run));
  const { carriedOn, remaining } = await carryOn(others, config, runner, log);

  const stillOpen = latestBySymbol(withoutEnded(others, carriedOn));
  const failures: unknown[] = [];
  const runs = await inParallel(tick.symbols, (symbol) => {
    const request = toRequest(tick, symbol, config, stillOpen.get(symbol));
    return runner.run(runner.hasTime ? request : { queue: NO_TIME, ...request }).catch((error: unknown) => {
      failures.push(error);
      return log.runFailed(keyOf(tick, symbol), error);
    });
  });
  if (failures.length > 0) throw failures[0];
  const late = runs.filter((run) => run?.waits.some(({ reason }) => reason === NO_TIME)).length;
  if (late > 0 && tick.isRedelivered) {
    throw new UnfinishedTickError(
      `${late} of ${tick.symbols.length} symbols were not begun within the time limit; their runs wait for the next delivery, or tick. Configure more shards, or a longer orchestratorTimeoutSeconds.`,
    );
  }
  return toReport(tick.key, [...runs.filter((run) => run !== undefined), ...carriedOn], remaining);
}

function withoutEnded(open: OpenRun[], carriedOn: Run[]): OpenRun[] {
  const ended = new Set(carriedOn.filter(({ state }) => state !== 'IN_PROGRESS').map(({ id }) => id));
  return open.filter(({ id }) => !ended.has(id.toHexString()));
}

function latestBySymbol(open: OpenRun[]): Map<string | undefined, OpenRun> {
  return new Map(open.map((run) => [run.filter['symbol'], run]));
}

const keyOf = ({ key }: Tick, symbol: string) =>
  // Else BTC/USD under the key x, and BTC under USD/x, were one run.
  `${TradingWorkflow.permanentRef}/${encodeURIComponent(symbol)}/${key}`;

function toRequest(tick: Tick, symbol: string, config: Config, earlier: OpenRun | undefined): RunRequest {
  const { key, at } = tick;
  const { quantity: qty, approval, checkLimits } = config;
  const policies = { ...(approval && { approval }), ...(checkLimits && { checkLimits }) };
  const open =
    earlier &&
    `run ${earlier.id.toHexString()} of ${symbol}, of ${earlier.startedAt.toISOString()}, is still open`;
  const skip = tick.skip ?? (tick.overlap === 'skip' ? open : undefined);
  const queue = tick.overlap === 'queue' ? open : undefined;
  return {
    key: keyOf(tick, symbol),
    workflow: new TradingWorkflow().setArgument({ symbol, qty, at, ...policies }),
    filter: { tick: key, symbol },
    ...(skip !== undefined && { skip }),
    ...(queue !== undefined && { queue }),
  };
}
