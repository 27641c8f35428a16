import { Types } from 'mongoose';
import * as z from 'zod';
import type { Run } from '../durable/run.ts';
import type { CancelOutcome } from '../durable/run-control.ts';
import { cursor, idempotencyKey, instant, nextCursor, note, runId, stepRef } from '../fields.ts';
import { runWords } from '../registry.ts';
import { OPEN_LIMIT, resumeOpen } from '../tick/resume-open.ts';
import { command, RefusedError, type Invocation } from './command.ts';
import { fromCursor, toCursor } from './cursor.ts';
import { reportAnswer, toReport } from './report.ts';
import { runDetail, runReport, runSummary, toRunDetail, toRunReport, toRunSummary } from './run-report.ts';

export const pageAnswer = z.object({ runs: z.array(runSummary), cursor: nextCursor }).meta({ title: 'page' });
export const runAnswer = z.object({ run: runDetail }).meta({ title: 'run' });
export const outcomeAnswer = z
  .object({
    outcome: z.enum([
      'approved',
      'rejected',
      'already-approved',
      'already-rejected',
      'kept',
      'cancelled',
      'already-ended',
      'retried',
    ]),
    run: runReport,
  })
  .meta({ title: 'outcome' });

/** Commands about the runs of any workflow. */
export const runCommands = {
  resume: command({
    does: 'Resumes a run, or all runs that are due, and starts none.',
    takes: { id: runId.optional() },
    answers: reportAnswer,
    async handle({ id }, invocation) {
      const { requestId, runner, log } = invocation;
      if (id !== undefined) {
        await findRun(id, invocation);
        return toReport(requestId, [await resumeRun(id, invocation)], []);
      }
      const open = await runner.findOpen([], OPEN_LIMIT);
      const { resumed, remaining } = await resumeOpen(open, runner, log);
      return toReport(requestId, resumed, remaining);
    },
  }),

  list: command({
    does: 'Lists runs, newest first: started at `from` or later, and before `to`; with `tick`, the runs of all shards of that tick, or of that key.',
    takes: {
      state: z.enum(['SUCCESS', 'ERROR', 'IN_PROGRESS', 'BLOCKED']).optional(),
      ...runWords.filters,
      tick: idempotencyKey.optional(),
      from: instant('`from`').optional(),
      to: instant('`to`').optional(),
      limit: z.int().min(1).max(100).default(20),
      cursor,
    },
    answers: pageAnswer,
    async handle({ state, from, to, limit, cursor, ...filter }, { runs }) {
      const found = await runs.list({
        state,
        filter: Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)),
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
        after: cursor === undefined ? undefined : toPlace(cursor),
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        runs: page.map(toRunSummary),
        cursor: last ? toCursor({ time: last.startedAt, id: last.id }) : null,
      };
    },
  }),

  show: command({
    does: 'Shows one run with its steps.',
    takes: { id: runId },
    answers: runAnswer,
    async handle({ id }, invocation) {
      return { run: toRunDetail(await findRun(id, invocation)) };
    },
  }),

  cancel: command({
    does: 'Ends a run that waits or sleeps, and undoes the steps that have an undo. A run that is being advanced, or that may have traded, is refused.',
    takes: { id: runId, note },
    answers: outcomeAnswer,
    async handle({ id, note }, invocation) {
      await findRun(id, invocation);
      const reason = `The run was cancelled while it waited${note === undefined ? '.' : `: ${note}`}`;
      const outcome = await invocation.runs.cancel(new Types.ObjectId(id), reason);
      const refusal = CANCEL_REFUSALS[outcome];
      if (refusal) throw new RefusedError(`Run ${id} ${refusal}`);
      return {
        outcome: outcome === 'cancelled' ? ('cancelled' as const) : ('already-ended' as const),
        run: toRunReport(await resumeRun(id, invocation)),
      };
    },
  }),

  retry: command({
    does: 'Resumes a failed run from the step that failed it, and keeps the steps that succeeded. With `from`, the ref of a step, that step and those after it are executed again, with the same idempotency keys.',
    takes: { id: runId, from: stepRef.optional() },
    answers: outcomeAnswer,
    async handle({ id, from }, invocation) {
      const before = await findRun(id, invocation);
      if (before.state !== 'ERROR') {
        throw new RefusedError(`Run ${id} is ${before.state}; only a run in ERROR can be retried.`);
      }
      if (from !== undefined && !before.steps.some(({ ref }) => ref === from)) {
        throw new RefusedError(`Run ${id} has no step "${from}". See {"command":"show"}.`);
      }
      const run = await invocation.runner.retry(new Types.ObjectId(id), from);
      if (!run) {
        throw new RefusedError(
          before.isUndone
            ? `Run ${id} undid its steps when it failed. Start a new run with another key.`
            : `Run ${id} was changed by another command at the same moment. Look at it again.`,
        );
      }
      return { outcome: 'retried' as const, run: toRunReport(run) };
    },
  }),
};

const CANCEL_REFUSALS: Partial<Record<CancelOutcome, string>> = {
  held: 'is being advanced at this moment. Wait until it is suspended or ends, then look at it again.',
  paused: 'is paused: its state was set by hand. Set the state to 0 (SLEEPING), then cancel it.',
  uncertain:
    'may have traded: its orchestrator crashed, or it retries a step whose answer was lost. A tick resumes it; then look at it again.',
};

export async function findRun(id: string, { runs }: Invocation): Promise<Run> {
  const run = await runs.find(new Types.ObjectId(id));
  if (run) return run;
  throw new RefusedError(
    `There is no run ${id}. See {"command":"list"}; finished runs are kept for the configured days.`,
  );
}

/** Resumes a run. If another orchestrator holds it, returns what is known of it. */
export async function resumeRun(id: string, invocation: Invocation): Promise<Run> {
  return (await invocation.runner.resume(new Types.ObjectId(id))) ?? findRun(id, invocation);
}

function toPlace(cursor: string): { startedAt: Date; id: Types.ObjectId } {
  const { time, id } = fromCursor(cursor, /^[0-9a-f]{24}$/);
  return { startedAt: time, id: new Types.ObjectId(id) };
}
