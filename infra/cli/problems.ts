import type { Answer, Run } from './answer.ts';
import { printable } from './text.ts';

// What an answer says of a command: each command names its own among these. Where a problem names another command,
// `where` are the options by which that one finds the same orchestrator, each with a blank before it.

export type ProblemIn = (answer: Answer, where: string) => string | undefined;

/** Of a command whose answer is what was asked for, or an error. */
export const noProblem: ProblemIn = () => undefined;

/** Of a command that starts runs, or carries them on: that some of them failed. */
export const failedRuns: ProblemIn = ({ run, runs = [], counts }, where) => {
  const failed = (run ? [run] : runs).filter(({ state }) => state === 'ERROR');
  const count = counts?.['failed'] ?? failed.length;
  const [first] = failed;
  if (first && count === 1) return failedRun(first, where);
  return count === 0
    ? undefined
    : `Runs that failed: ${count}. See npm run trader -- list --state ERROR${where}`;
};

/** Of a command that takes a run to an outcome: that it came to another one, or that the run failed after it. */
export const otherOutcome =
  (...wanted: string[]): ProblemIn =>
  ({ outcome, run }, where) => {
    if (outcome === undefined || wanted.includes(outcome)) return run && failedRun(run, where);
    const show = run ? ` See npm run trader -- show ${run.id}${where}` : '';
    return `Nothing was changed: the run is ${printable(outcome.replace('-', ' '))}.${show}`;
  };

/** Of a command that ends a run, which makes it one that failed. */
export const notEnded =
  (wanted: string): ProblemIn =>
  ({ outcome, run }, where) =>
    outcome === wanted ? undefined : otherOutcome(wanted)({ omitted: 0, outcome, run }, where);

function failedRun({ id, state, error }: Run, where: string): string | undefined {
  if (state !== 'ERROR') return undefined;
  const why = printable(`${error?.name}: ${error?.message}`);
  return `Run ${id} failed: ${why} To carry it on: npm run trader -- retry ${id}${where}`;
}
