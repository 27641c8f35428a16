import * as z from 'zod';

const transaction = z.object({
  id: z.string(),
  symbol: z.string(),
  price: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.number(),
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
  waits: z.array(z.object({ reason: z.string(), due: z.string() })),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
});
export type RunReport = z.infer<typeof run>;

/** The orchestrator's reply, as far as it is shown. */
const report = z.object({ tick: z.string(), runs: z.array(run) });
export type Report = z.infer<typeof report>;

export function parseReport(payload: string): Report {
  return report.parse(JSON.parse(payload));
}
