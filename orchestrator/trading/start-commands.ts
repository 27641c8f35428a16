import * as z from 'zod';
import type { Config } from '../config.ts';
import { idempotencyKey, instant, MOST_SYMBOLS, shard, stockSymbol, type Shard } from '../fields.ts';
import { command, type Invocation } from '../protocol/command.ts';
import { reportAnswer, toReport, type Report } from '../protocol/report.ts';
import { compareLedger } from '../tick/compare-ledger.ts';
import { marketAtTick } from '../tick/market-at-tick.ts';
import { runTick, type Start, type Tick } from '../tick/run-tick.ts';
import { TickRecords } from '../tick/tick-records.ts';
import { personTrigger, scheduleTrigger, type Trigger } from '../tick/trigger.ts';
import { overlapOf, TradingWorkflow } from '../workflows/trading.ts';
import { isIn, Watchlist } from './watchlist.ts';

const symbols = z.array(stockSymbol).max(MOST_SYMBOLS);

/** Commands that start runs of the trading workflow. */
export const startCommands = {
  tick: command({
    does: 'What a schedule sends: a run of each symbol, with the scheduled time as its key. Without `symbols`, of each symbol that is configured, or on the watchlist; with several schedules, each has its `shard` of them. While the market is closed it starts no run, and is recorded so. A tick that is older than `maxTickAgeMinutes` is recorded as skipped, unless `late` is `true`: then its runs start with the same key, at the price of now.',
    takes: {
      scheduledTime: instant('the scheduled time'),
      symbols: symbols.optional(),
      shard: shard.optional(),
      late: z.literal(true).optional(),
    },
    answers: reportAnswer,
    async handle(event, invocation) {
      const { app, config, invoker, hoursLog, ledgerLog, now } = invocation;
      const trigger = scheduleTrigger(event, config, now);
      const { key } = trigger;
      const records = new TickRecords(app, config);
      const isAlways = config.marketHours === 'always';
      // Before the runs: they do not trade what differs, and have nothing under way yet.
      const [record] = await Promise.all([
        isAlways ? undefined : marketAtTick(trigger, invoker, records, hoursLog),
        compareLedger({ key, shard: event.shard }, config, invoker, ledgerLog),
      ]);
      if (record?.market !== 'closed') return trade(event, trigger, invocation);
      const report = await trade({ ...event, symbols: [] }, trigger, invocation);
      return { ...report, closedUntil: record.until.toISOString() };
    },
  }),

  run: command({
    does: 'A run of each symbol now. The same key again gives the same runs. `{}` is enough.',
    takes: {
      symbols: symbols.min(1).optional(),
      shard: shard.optional(),
      idempotencyKey: idempotencyKey.optional(),
    },
    answers: reportAnswer,
    handle: (event, invocation) =>
      trade(event, personTrigger(event.idempotencyKey ?? invocation.requestId, invocation.now), invocation),
  }),
};

async function trade(
  event: { symbols?: string[] | undefined; shard?: Shard | undefined },
  trigger: Trigger,
  { app, config, runner, log }: Invocation,
): Promise<Report> {
  const traded = await new Watchlist(app, config).symbolsOf(event);
  const { runs, remaining } = await runTick(toTick(trigger, traded, event.shard, config), runner, log);
  return toReport(trigger.key, runs, remaining);
}

/** What a run takes from the configuration. */
type RunConfig = Pick<Config, 'size' | 'approval' | 'checkLimits' | 'decidesOnBars'>;

/** @param shard the part of all symbols whose open runs the tick resumes; all of them if undefined */
export function toTick(
  trigger: Trigger,
  symbols: string[],
  shard: Shard | undefined,
  config: RunConfig,
): Tick {
  return {
    ...trigger,
    starts: symbols.map((symbol) => toStart(trigger, symbol, config)),
    isOurs: ({ filter }) => !shard || isIn(shard, filter['symbol'] ?? ''),
  };
}

function toStart(
  { key, at }: Trigger,
  symbol: string,
  { size, approval, checkLimits, decidesOnBars }: RunConfig,
): Start {
  const policies = {
    ...(approval && { approval }),
    ...(checkLimits && { checkLimits }),
    ...(decidesOnBars && { decidesOnBars }),
  };
  return {
    // Without encoding, BTC/USD with the key x and BTC with the key USD/x are one run.
    key: `${TradingWorkflow.permanentRef}/${encodeURIComponent(symbol)}/${key}`,
    workflow: new TradingWorkflow().setArgument({ symbol, at, ...size, ...policies }),
    filter: { tick: key, symbol, overlap: overlapOf(symbol) },
  };
}
