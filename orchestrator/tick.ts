import type { Config } from './config.ts';
import type { Run } from './durable/run.ts';
import { runId } from './durable/ids.ts';
import type { Runner, RunRequest } from './durable/runner.ts';
import type { OrchestratorEvent } from './event.ts';
import { toReport, type Report } from './report.ts';
import { TradingWorkflow } from './workflows/trading.ts';

/** How many left-over runs one invocation carries on at the most. */
const CARRY_ON_LIMIT = 20;

/** What one invocation is about. */
export interface Tick {
  /** The scheduled time, the caller's idempotency key, or the request's id. */
  key: string;
  symbols: string[];
  /** The instant whose prices count, ISO 8601. A run keeps the one that it was started with. */
  at: string;
}

export function toTick(event: OrchestratorEvent, config: Config, requestId: string, now: Date): Tick {
  if (event.command === 'tick') {
    return { key: event.scheduledTime, symbols: config.symbols, at: event.scheduledTime };
  }
  const symbols = [...new Set(event.symbols ?? config.symbols)];
  return { key: event.idempotencyKey ?? requestId, symbols, at: now.toISOString() };
}

/**
 * One bounded pass: carries on what earlier invocations left, oldest first, then runs each symbol of the tick.
 *
 * A run that can't be driven leaves the others alone; only then is its error thrown, so that the tick is tried again.
 */
export async function runTick(tick: Tick, config: Config, runner: Runner): Promise<Report> {
  const requests = tick.symbols.map((symbol) => toRequest(tick, symbol, config));
  const own = new Set(requests.map(({ key }) => runId(key).toHexString()));
  const failures: unknown[] = [];
  const guarded = async (run: Promise<Run | undefined>): Promise<Run[]> => {
    try {
      return [await run].filter((found) => found !== undefined);
    } catch (error) {
      failures.push(error);
      return [];
    }
  };

  const carriedOn: Run[] = [];
  for (const unfinished of await runner.findUnfinished(CARRY_ON_LIMIT)) {
    if (own.has(unfinished.toHexString())) continue;
    if (!runner.hasTime) break;
    carriedOn.push(...(await guarded(runner.carryOn(unfinished))));
  }
  const runs: Run[] = [];
  for (const request of requests) runs.push(...(await guarded(runner.run(request))));
  if (failures.length > 0) throw failures[0];
  return toReport(tick.key, [...runs, ...carriedOn]);
}

function toRequest({ key, at }: Tick, symbol: string, { quantity }: Config): RunRequest {
  return {
    key: `${TradingWorkflow.permanentRef}/${symbol}/${key}`,
    workflow: new TradingWorkflow().setArgument({ symbol, qty: quantity, at }),
    filter: { tick: key, symbol },
  };
}
