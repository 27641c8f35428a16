import * as z from 'zod';

const transaction = z.object({
  id: z.string(),
  symbol: z.string(),
  price: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.string(),
  timestamp: z.string(),
});

const run = z.object({
  id: z.string(),
  key: z.string(),
  symbol: z.string(),
  state: z.enum(['SUCCESS', 'ERROR', 'IN_PROGRESS']),
  result: z
    .union([
      transaction,
      z.object({ held: z.string() }),
      z.object({ refused: z.string(), limit: z.string() }),
      z.object({ rejected: z.string() }),
      z.object({ skipped: z.string() }),
    ])
    .nullable(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
  waits: z.array(z.object({ ref: z.string(), reason: z.string(), due: z.string() })),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});
export type RunReport = z.infer<typeof run>;

/** The orchestrator's report, as far as it is shown. */
const report = z.object({
  tick: z.string(),
  closedUntil: z.string().nullable(),
  runs: z.array(run),
  omitted: z.number(),
  counts: z.record(z.string(), z.number()),
});
export type Report = z.infer<typeof report>;

export function parseReport(payload: string): Report {
  return report.parse(JSON.parse(payload));
}

/** The whole report, with the steps. */
const whole = z.object({
  tick: z.string(),
  closedUntil: z.string().nullable(),
  runs: z.array(z.looseObject({ id: z.string() })),
  omitted: z.number(),
  counts: z.record(z.string(), z.number()),
  remaining: z.array(z.string()),
});

/** Joins the reports of a tick's shards. */
export function mergeReports(payloads: string[]): string {
  const [first, ...others] = payloads;
  if (first === undefined || others.length === 0) return first ?? '';
  const reports = payloads.map((payload) => whole.parse(JSON.parse(payload)));
  const { tick, closedUntil, counts } = reports[0]!;
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
  return JSON.stringify({
    tick,
    closedUntil,
    runs: reports.flatMap(({ runs }) => runs),
    omitted: sum(reports.map(({ omitted }) => omitted)),
    counts: Object.fromEntries(
      Object.keys(counts).map((name) => [name, sum(reports.map((each) => each.counts[name] ?? 0))]),
    ),
    remaining: reports.flatMap(({ remaining }) => remaining),
  });
}
