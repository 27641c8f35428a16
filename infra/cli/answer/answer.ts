import * as z from 'zod';

const failure = z.object({ name: z.string(), message: z.string() });

const step = z.object({
  ref: z.string(),
  action: z.string().optional(),
  argument: z.unknown().optional(),
  state: z.enum(['SUCCESS', 'ERROR']),
  attempts: z.number(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  result: z.unknown(),
});

const wait = z.object({
  ref: z.string(),
  reason: z.string(),
  due: z.iso.datetime(),
  attempts: z.number().default(0),
  error: failure.nullable().default(null),
});

const run = z.object({
  id: z.string(),
  key: z.string(),
  workflow: z.string().optional(),
  version: z.number().optional(),
  symbol: z.string(),
  state: z.enum(['SUCCESS', 'ERROR', 'IN_PROGRESS']),
  result: z.unknown(),
  error: failure.nullable(),
  steps: z.array(step).default([]),
  waits: z.array(wait),
  blocked: z.object({ error: failure, since: z.iso.datetime() }).nullable().default(null),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});

const position = z.object({
  symbol: z.string(),
  qty: z.string(),
  averageCost: z.string(),
  realized: z.string(),
  price: z.string().nullable(),
  unrealized: z.string().nullable(),
});

const trade = z.object({
  id: z.string(),
  symbol: z.string(),
  type: z.enum(['buy', 'sell']),
  qty: z.string(),
  price: z.string(),
  timestamp: z.iso.datetime(),
});

const flattened = z.object({
  symbol: z.string(),
  outcome: z.string(),
  reason: z.string().nullable(),
  trade: trade.nullable(),
  left: z.string(),
  open: z.number(),
});

const tick = z.object({
  tick: z.string(),
  market: z.enum(['open', 'closed', 'unknown']),
  until: z.iso.datetime().nullable(),
});

const difference = z.object({
  symbol: z.string(),
  since: z.iso.datetime(),
  found: z.array(z.object({ kind: z.string(), ledger: z.string(), broker: z.string() })),
  agrees: z.boolean(),
});

/** An answer of the orchestrator, as far as it is shown. */
const answer = z.object({
  outcome: z.string().optional(),
  run: run.optional(),
  runs: z.array(run).optional(),
  cursor: z.string().nullish(),
  halted: z.object({ since: z.string(), note: z.string().optional() }).nullish(),
  positions: z.array(position).optional(),
  trades: z.array(trade).optional(),
  flattened: z.array(flattened).optional(),
  key: z.string().optional(),
  ticks: z.array(tick).optional(),
  closedUntil: z.iso.datetime().nullish(),
  omitted: z.number().default(0),
  counts: z.record(z.string(), z.number()).optional(),
  watchlist: z.array(z.string()).optional(),
  isTraded: z.boolean().optional(),
  leftBehind: z.array(z.object({ symbol: z.string(), qty: z.string(), open: z.number() })).default([]),
  compared: z.number().optional(),
  busy: z.array(z.string()).default([]),
  overdue: z.array(z.string()).default([]),
  differences: z.array(difference).default([]),
  accepted: z.array(z.object({ symbol: z.string(), before: z.string(), after: z.string() })).default([]),
  refused: z.array(z.object({ symbol: z.string(), reason: z.string() })).default([]),
  canceled: z.array(z.object({ symbol: z.string(), key: z.string() })).default([]),
  left: z.number().default(0),
});

export type Run = z.infer<typeof run>;
/** Whether a run waits for the answer of a person. */
export const isAsking = ({ waits }: Run) => waits.some(({ ref }) => ref === 'approval');

export type Position = z.infer<typeof position>;
export type Trade = z.infer<typeof trade>;
export type Flattened = z.infer<typeof flattened>;
export type LeftBehind = Answer['leftBehind'];
export type Tick = z.infer<typeof tick>;
export type Step = z.infer<typeof step>;

export type Answer = z.infer<typeof answer>;

export function parseAnswer(payload: string): Answer {
  return answer.parse(JSON.parse(payload));
}
