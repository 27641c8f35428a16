import * as z from 'zod';
import type { Run } from './durable/run.ts';
import type { RecordedStep } from './durable/step.ts';

const failure = z.object({ name: z.string(), message: z.string() });

const stepReport = z.object({
  ref: z.string(),
  state: z.enum(['SUCCESS', 'ERROR']),
  attempts: z.int(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  result: z.unknown().describe('what came back, or the error'),
});

const runReport = z.object({
  id: z.string(),
  key: z.string(),
  symbol: z.string(),
  state: z.enum(['SUCCESS', 'ERROR', 'IN_PROGRESS']),
  result: z
    .unknown()
    .describe(
      'once it has succeeded: the transaction, or why there is none: `{ held }`, `{ refused, limit }`, `{ rejected }`, `{ skipped }`',
    ),
  error: failure.nullable(),
  steps: z.array(stepReport),
  waits: z
    .array(z.object({ ref: z.string(), reason: z.string(), due: z.iso.datetime() }))
    .describe('what an unfinished run waits for, and when it is due to go on'),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});

const runDetail = runReport.extend({
  workflow: z.string().describe("the workflow's ref"),
  version: z.int(),
  steps: z.array(stepReport.extend({ action: z.string(), argument: z.unknown() })),
  waits: z.array(
    runReport.shape.waits.element.extend({
      attempts: z.int().describe('attempts that failed so far'),
      error: failure.nullable().describe('of the last of them'),
    }),
  ),
});

/** What a run can come to. */
const outcomes = [
  'traded',
  'held',
  'refused',
  'rejected',
  'skipped',
  'failed',
  'inProgress',
  'other',
] as const;
type Outcome = (typeof outcomes)[number];

const report = z.object({
  tick: z
    .string()
    .describe('what the invocation was about: the scheduled time of a tick, or the idempotency key'),
  runs: z
    .array(runReport)
    .describe('the runs of this tick, in the order of its symbols, then older ones that were carried on'),
  omitted: z
    .int()
    .describe(
      'how many of the last runs are left out, for the answer would be too long; `list` with `tick` has them',
    ),
  counts: z
    .object(Object.fromEntries(outcomes.map((name) => [name, z.int()])) as Record<Outcome, z.ZodInt>)
    .describe('all of the runs by what they came to'),
  remaining: z
    .array(z.string())
    .describe(
      'ids of due runs of earlier ticks that this invocation had no time for; a later one carries them on',
    ),
});

/** Lambda answers no more than 6 MB. What is not a run's is short. */
const RUNS_BYTES = 5_000_000;

/** The orchestrator's answers. Times are ISO 8601 in UTC. */
export const answers = {
  report,
  page: z.object({
    runs: z.array(runReport.omit({ steps: true })),
    cursor: z.string().nullable().describe('for the next page; null at the end'),
  }),
  run: z.object({ run: runDetail }),
  outcome: z.object({
    outcome: z.enum([
      'approved',
      'rejected',
      'already-approved',
      'already-rejected',
      'cancelled',
      'already-ended',
      'retried',
    ]),
    run: runReport,
  }),
  trading: z.object({
    halted: z
      .object({ since: z.iso.datetime(), note: z.string().optional() })
      .nullable()
      .describe('null where new orders are let in'),
  }),
  positions: z.object({
    positions: z.array(
      z.object({
        symbol: z.string(),
        qty: z.int().describe('shares; negative where they are owed'),
        averageCost: z.string().describe('dollars a share, rounded to 4 decimals, as the other amounts are'),
        realized: z.string().describe('profit of what was bought and sold again, or the other way round'),
        price: z.string().nullable().describe('now; null where it is not needed, or can not be had'),
        unrealized: z.string().nullable().describe('profit, were the position closed at that price'),
      }),
    ),
    cursor: z.string().nullable().describe('for the next page; null at the end'),
  }),
  trades: z.object({
    trades: z.array(
      z.object({
        id: z.string().describe("the order's idempotency key"),
        symbol: z.string(),
        type: z.enum(['buy', 'sell']),
        qty: z.int(),
        price: z.string().describe('dollars a share'),
        timestamp: z.iso.datetime(),
      }),
    ),
    cursor: z.string().nullable().describe('for the next page; null at the end'),
  }),
  watchlist: z.object({
    watchlist: z.array(z.string()).describe('the symbols in the store, by name'),
    isTraded: z.boolean().describe('whether ticks trade them; otherwise the stack has a list of its own'),
  }),
};

export type WatchlistAnswer = z.output<typeof answers.watchlist>;
export type Report = z.output<typeof answers.report>;
export type RunReport = z.output<typeof runReport>;
export type RunDetail = z.output<typeof runDetail>;
export type RunPage = z.output<typeof answers.page>;
export type RunAnswer = z.output<typeof answers.run>;
export type OutcomeAnswer = z.output<typeof answers.outcome>;

export type TradingAnswer = z.output<typeof answers.trading>;
export type PositionPage = z.output<typeof answers.positions>;
export type TradePage = z.output<typeof answers.trades>;

export type Answer = z.output<(typeof answers)[keyof typeof answers]>;

export function toReport(tick: string, runs: Run[], remaining: string[]): Report {
  const counts = Object.fromEntries(outcomes.map((name) => [name, 0])) as Report['counts'];
  for (const run of runs) counts[outcomeOf(run)]++;
  const shown: RunReport[] = [];
  let bytes = 0;
  // What did not succeed is told first, for it is what somebody has to see to.
  for (const run of runs.toSorted((one, other) => rank(one) - rank(other))) {
    const told = toRunReport(run);
    bytes += Buffer.byteLength(JSON.stringify(told));
    if (bytes > RUNS_BYTES) break;
    shown.push(told);
  }
  return { tick, runs: shown, omitted: runs.length - shown.length, counts, remaining };
}

const rank = ({ state }: Run) => (state === 'SUCCESS' ? 1 : 0);

function outcomeOf({ state, result }: Run): Outcome {
  if (state === 'ERROR') return 'failed';
  if (state === 'IN_PROGRESS') return 'inProgress';
  const members = typeof result === 'object' && result !== null ? result : {};
  if ('id' in members) return 'traded';
  return outcomes.find((name) => name in members) ?? 'other';
}

export function toRunReport(run: Run): RunReport {
  return {
    id: run.id,
    key: run.key,
    symbol: String(run.argument['symbol']),
    state: run.state,
    result: run.result,
    error: run.error && { name: run.error.name, message: run.error.message },
    steps: run.steps.map(toStepReport),
    waits: run.waits.map(({ ref, reason, due }) => ({ ref, reason, due: due.toISOString() })),
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt && run.endedAt.toISOString(),
  };
}

export function toRunDetail(run: Run): RunDetail {
  return {
    ...toRunReport(run),
    workflow: run.workflow,
    version: run.version,
    steps: run.steps.map((step) => {
      const { action, argument } = step;
      return { ...toStepReport(step), action, argument };
    }),
    waits: run.waits.map(({ ref, reason, due, attempts, error }) => {
      const lastError = error ? { name: error.name, message: error.message } : null;
      return { ref, reason, due: due.toISOString(), attempts, error: lastError };
    }),
  };
}

function toStepReport({
  ref,
  outcome,
  attempts,
  startedAt,
  endedAt,
}: RecordedStep): RunReport['steps'][number] {
  return {
    ref,
    state: outcome.state,
    attempts,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    result: outcome.state === 'SUCCESS' ? outcome.result : outcome.error,
  };
}
