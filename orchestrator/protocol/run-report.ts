import * as z from 'zod';
import type { Run } from '../durable/run.ts';
import type { RecordedStep } from '../durable/step.ts';
import { runWords } from '../registry.ts';

const failure = z.object({ name: z.string(), message: z.string() });

const stepReport = z.object({
  ref: z.string(),
  state: z.enum(['SUCCESS', 'ERROR']),
  attempts: z.int(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  result: z.unknown().describe('the result, or the error'),
});

/** A run in an answer. Times are ISO 8601 in UTC. */
export const runReport = z.object({
  id: z.string(),
  key: z.string(),
  ...runWords.attributes,
  state: z.enum(['SUCCESS', 'ERROR', 'IN_PROGRESS']),
  result: z.unknown().describe(runWords.results),
  error: failure.nullable(),
  steps: z.array(stepReport),
  waits: z
    .array(z.object({ ref: z.string(), reason: z.string(), due: z.iso.datetime() }))
    .describe('what an unfinished run waits for, and when it is due'),
  blocked: z
    .object({ error: failure, since: z.iso.datetime() })
    .nullable()
    .describe(
      'what keeps an unfinished run from going on until you fix it: its code is not deployed, or does not match its history',
    ),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type RunReport = z.output<typeof runReport>;

/** A run in a list: without its steps. */
export const runSummary = runReport.omit({ steps: true });
export type RunSummary = z.output<typeof runSummary>;

/** A run with all that is known of it. */
export const runDetail = runReport.extend({
  workflow: z.string().describe('the ref of the workflow'),
  version: z.int(),
  steps: z.array(stepReport.extend({ action: z.string(), argument: z.unknown() })),
  waits: z.array(
    runReport.shape.waits.element.extend({
      attempts: z.int().describe('attempts that failed so far'),
      error: failure.nullable().describe('of the last attempt'),
    }),
  ),
});
export type RunDetail = z.output<typeof runDetail>;

export function toRunReport(run: Run): RunReport {
  return {
    ...toRunSummary(run),
    steps: run.steps.map(toStepReport),
  };
}

export function toRunSummary(run: Run): RunSummary {
  return {
    id: run.id,
    key: run.key,
    ...runWords.attributesOf(run),
    state: run.state,
    result: run.result,
    error: toFailure(run.error),
    waits: run.waits.map(({ ref, reason, due }) => ({ ref, reason, due: due.toISOString() })),
    blocked: run.blocked && { error: toFailure(run.blocked.error)!, since: run.blocked.since.toISOString() },
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt && run.endedAt.toISOString(),
  };
}

export function toRunDetail(run: Run): RunDetail {
  return {
    ...toRunSummary(run),
    workflow: run.workflow,
    version: run.version,
    steps: run.steps.map((step) => {
      const { action, argument } = step;
      return { ...toStepReport(step), action, argument };
    }),
    waits: run.waits.map(({ ref, reason, due, attempts, error }) => {
      return { ref, reason, due: due.toISOString(), attempts, error: toFailure(error) };
    }),
  };
}

function toFailure(error: z.output<typeof failure> | null | undefined): z.output<typeof failure> | null {
  return error ? { name: error.name, message: error.message } : null;
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
