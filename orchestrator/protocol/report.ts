import * as z from 'zod';
import type { Run } from '../durable/run.ts';
import { runWords } from '../registry.ts';
import { runReport, toRunReport, type RunReport } from './run-report.ts';

const countNames = [...runWords.outcomes, 'failed', 'blocked', 'inProgress'] as const;
type CountName = (typeof countNames)[number];

/** The answer to a tick, a run or a resume. */
export const reportAnswer = z
  .object({
    tick: z
      .string()
      .describe('the key of the invocation: the scheduled time of a tick, or the idempotency key of a run'),
    closedUntil: z.iso
      .datetime()
      .nullable()
      .describe('the next opening, if the market was closed at the tick, which then started no run'),
    runs: z
      .array(runReport)
      .describe(
        'the runs of this tick, then earlier runs that were resumed; those that did not succeed first',
      ),
    omitted: z
      .int()
      .describe(
        'how many of the last runs are omitted because the answer would be too long; `list` with `tick` shows them',
      ),
    counts: z
      .object(Object.fromEntries(countNames.map((name) => [name, z.int()])) as Record<CountName, z.ZodInt>)
      .describe('all of the runs, counted by outcome'),
    remaining: z
      .array(z.string())
      .describe(
        'ids of due runs of earlier ticks that this invocation had no time for; a later one resumes them',
      ),
  })
  .meta({ title: 'report' });
export type Report = z.output<typeof reportAnswer>;

/** Lambda answers at most 6 MB. All but the runs is short. */
const RUNS_BYTES = 5_000_000;

export function toReport(tick: string, runs: Run[], remaining: string[]): Report {
  const counts = Object.fromEntries(countNames.map((name) => [name, 0])) as Report['counts'];
  for (const run of runs) counts[countNameOf(run)]++;
  const shown: RunReport[] = [];
  let bytes = 0;
  // What did not succeed comes first, because a person may have to act.
  for (const run of runs.toSorted((one, other) => rank(one) - rank(other))) {
    const reported = toRunReport(run);
    const size = Buffer.byteLength(JSON.stringify(reported));
    if (bytes + size > RUNS_BYTES) continue;
    bytes += size;
    shown.push(reported);
  }
  return { tick, closedUntil: null, runs: shown, omitted: runs.length - shown.length, counts, remaining };
}

const rank = ({ state }: Run) => (state === 'SUCCESS' ? 1 : 0);

function countNameOf(run: Run): CountName {
  if (run.state === 'ERROR') return 'failed';
  if (run.blocked) return 'blocked';
  return run.state === 'IN_PROGRESS' ? 'inProgress' : runWords.outcomeOf(run);
}
