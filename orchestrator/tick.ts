import type { Config } from './config.ts';
import { carryOn, inParallel, type TickLog } from './carry-on.ts';
import { runId } from './durable/ids.ts';
import type { Run } from './durable/run.ts';
import type { OpenRun } from './durable/run-store.ts';
import type { Runner, RunRequest } from './durable/runner.ts';
import type { EventOf } from './event.ts';
import { toReport, type Report } from './report.ts';
import { TradingWorkflow } from './workflows/trading.ts';

/** How many unfinished runs one invocation looks at, at the most. */
export const OPEN_LIMIT = 10_000;

/** What one invocation is about. */
export interface Tick {
  /** The scheduled time, the caller's idempotency key, or the request's id. */
  key: string;
  symbols: string[];
  /** The instant whose prices count, ISO 8601. A run keeps the one that it was started with. */
  at: string;
  /** What to do where an earlier run of the symbol is still open. A person's own run does not ask. */
  overlap: Config['overlap'];
  /** Why it is too late to begin runs for it, if it is. */
  skip?: string;
}

export function toTick(event: EventOf<'tick' | 'run'>, config: Config, requestId: string, now: Date): Tick {
  if (event.command === 'tick') {
    const scheduledTime = new Date(event.scheduledTime).toISOString().replace('.000Z', 'Z');
    const ageMinutes = Math.floor((now.getTime() - Date.parse(scheduledTime)) / 60_000);
    const { symbols, overlap } = config;
    const tick = { key: scheduledTime, symbols, at: scheduledTime, overlap };
    if (ageMinutes < config.maxTickAgeMinutes) return tick;
    const skip = `the tick came ${ageMinutes} minutes late; the limit is ${config.maxTickAgeMinutes}`;
    return { ...tick, skip };
  }
  const symbols = [...new Set(event.symbols ?? config.symbols)];
  return { key: event.idempotencyKey ?? requestId, symbols, at: now.toISOString(), overlap: 'allow' };
}

/**
 * One bounded pass: carries on what earlier invocations left, oldest first, then runs each symbol of the tick.
 *
 * A run that can't be driven leaves the others alone. An older one is left to the next tick; for one of the tick's own
 * the error is thrown in the end, so that the tick is delivered again.
 */
export async function runTick(tick: Tick, config: Config, runner: Runner, log: TickLog): Promise<Report> {
  const own = new Set(tick.symbols.map((symbol) => runId(keyOf(tick, symbol)).toHexString()));
  const found = await runner.findOpen(OPEN_LIMIT);
  const others = found.filter(({ id }) => !own.has(id.toHexString()));
  const { carriedOn, remaining } = await carryOn(others, config, runner, log);

  const stillOpen = latestBySymbol(withoutEnded(others, carriedOn));
  const failures: unknown[] = [];
  const runs = await inParallel(tick.symbols, (symbol) =>
    runner.run(toRequest(tick, symbol, config, stillOpen.get(symbol))).catch((error: unknown) => {
      failures.push(error);
      return log.runFailed(keyOf(tick, symbol), error);
    }),
  );
  if (failures.length > 0) throw failures[0];
  return toReport(tick.key, [...runs.filter((run) => run !== undefined), ...carriedOn], remaining);
}

function withoutEnded(open: OpenRun[], carriedOn: Run[]): OpenRun[] {
  const ended = new Set(carriedOn.filter(({ state }) => state !== 'IN_PROGRESS').map(({ id }) => id));
  return open.filter(({ id }) => !ended.has(id.toHexString()));
}

function latestBySymbol(open: OpenRun[]): Map<string | undefined, OpenRun> {
  return new Map(open.map((run) => [run.filter['symbol'], run]));
}

const keyOf = ({ key }: Tick, symbol: string) => `${TradingWorkflow.permanentRef}/${symbol}/${key}`;

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
