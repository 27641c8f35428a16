import * as z from 'zod';

const run = { run: z.string(), key: z.string() };
const failure = z.object({ name: z.string(), message: z.string() });

/** The lines of the orchestrator's log about what happens to a run. */
const logLine = z.discriminatedUnion('message', [
  z.object({ message: z.literal('run started'), ...run }),
  z.object({ message: z.literal('run resumed'), ...run }),
  z.object({
    message: z.literal('step started'),
    ...run,
    step: z.string(),
    action: z.string(),
    argument: z.unknown(),
  }),
  z.object({
    message: z.literal('step ended'),
    ...run,
    step: z.string(),
    action: z.string(),
    attempts: z.number(),
    durationMs: z.number(),
    state: z.enum(['SUCCESS', 'ERROR']),
    result: z.unknown().optional(),
    error: failure.optional(),
  }),
  z.object({
    message: z.literal('run suspended'),
    ...run,
    waits: z.array(z.object({ reason: z.string() })),
  }),
  z.object({
    message: z.literal('run ended'),
    ...run,
    state: z.enum(['SUCCESS', 'ERROR']),
    result: z.unknown(),
    error: failure.nullish(),
  }),
]);
export type LogLine = z.infer<typeof logLine>;

/** A line of the log about a run; undefined for any other line. */
export function parseLogLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
