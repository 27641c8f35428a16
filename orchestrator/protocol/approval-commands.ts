import { Types } from 'mongoose';
import { note, runId } from '../fields.ts';
import { APPROVAL } from '../workflows/approval.ts';
import { command, RefusedError, type Invocation } from './command.ts';
import { toRunReport } from './run-report.ts';
import { findRun, outcomeAnswer, resumeRun } from './run-commands.ts';

/** A person's answer to a run that waits for approval. */
export const approvalCommands = {
  approve: command({
    does: 'Approves the order of a run that waits for approval, and resumes the run.',
    takes: { id: runId, note },
    answers: outcomeAnswer,
    handle: (answer, invocation) => decide({ ...answer, approved: true }, invocation),
  }),

  reject: command({
    does: 'Rejects the order of a run that waits for approval. The run ends without a trade.',
    takes: { id: runId, note },
    answers: outcomeAnswer,
    handle: (answer, invocation) => decide({ ...answer, approved: false }, invocation),
  }),
};

async function decide(
  { id, approved, note }: { id: string; approved: boolean; note?: string | undefined },
  invocation: Invocation,
) {
  const run = await findRun(id, invocation);
  const value = { approved, ...(note !== undefined && { note }) };
  const answer = await invocation.runs.signal(new Types.ObjectId(id), APPROVAL.ref, value);
  switch (answer.outcome) {
    case 'taken':
      return {
        outcome: approved ? ('approved' as const) : ('rejected' as const),
        run: toRunReport(await resumeRun(id, invocation)),
      };
    case 'kept':
      return { outcome: 'kept' as const, run: toRunReport(await findRun(id, invocation)) };
    case 'answered':
      return {
        outcome: APPROVAL.schema.parse(answer.value).approved
          ? ('already-approved' as const)
          : ('already-rejected' as const),
        run: toRunReport(await resumeRun(id, invocation)),
      };
    case 'timed-out':
      throw new RefusedError(`The time to answer run ${id} is over. Start a new run to trade.`);
    case 'cancelled':
      throw new RefusedError(`Run ${id} was cancelled.`);
    case 'ended':
    case 'unknown':
      throw new RefusedError(
        `Run ${id} does not wait for approval: it is ${run.state}. See {"command":"show"}.`,
      );
    case 'invalid':
      throw new RefusedError(`The answer is not valid: ${answer.problems}`);
  }
}
