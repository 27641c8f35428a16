import * as z from 'zod';
import { stockSymbol } from './actions/symbol.ts';

const idempotencyKey = z
  .string()
  .regex(
    /^[^\p{Cc}]{1,128}$/u,
    'an idempotency key is 1 to 128 characters, none of them a control character',
  );

const tick = z.strictObject({
  command: z.literal('tick'),
  scheduledTime: z.iso.datetime({
    error: 'the scheduled time is an ISO 8601 time in UTC, such as "2026-01-05T14:30:00Z"',
  }),
});

const run = z.strictObject({
  command: z.literal('run').default('run'),
  symbols: z.array(stockSymbol).min(1).max(100).optional(),
  idempotencyKey: idempotencyKey.optional(),
});

/** What the orchestrator takes: a tick of its schedule, or a run asked for by hand (`{}` will do). */
export type OrchestratorEvent = z.infer<typeof tick> | z.infer<typeof run>;

/** Thrown for an event that is none of these; nothing was done. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

export function parseEvent(payload: unknown): OrchestratorEvent {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new InvalidEventError(
      `The payload is ${kindOf(payload)}; it has to be a JSON object such as {"symbols":["AMZN"],"idempotencyKey":"my-key"}, or {}.`,
    );
  }
  // By its command, so that the complaint is about what was meant and not about both.
  const schema = 'command' in payload && payload.command === 'tick' ? tick : run;
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const problems = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ');
  throw new InvalidEventError(
    `The payload can't be taken: ${problems}. Commands are "tick" (scheduledTime) and "run" (symbols, idempotencyKey; both optional).`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
