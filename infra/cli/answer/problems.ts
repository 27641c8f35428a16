import { shellWord } from '../../local/shell-word.ts';
import { printable } from '../../local/text.ts';
import type { Answer, Run } from './answer.ts';

/**
 * Why an answer says that a command was not done, in one line; undefined if it was done.
 *
 * @param where options with which another command finds the same orchestrator, each after a blank
 */
export function problemIn(command: string, answer: Answer, where: string): string | undefined {
  return (problems[command] ?? ofLedger[command])?.(answer, where);
}

type ProblemIn = (answer: Answer, where: string) => string | undefined;

/** Of a command that starts or resumes runs: some of them failed. */
const failedRuns: ProblemIn = ({ run, runs = [], counts }, where) => {
  const failed = (run ? [run] : runs).filter(({ state }) => state === 'ERROR');
  const count = counts?.['failed'] ?? failed.length;
  const [first] = failed;
  if (first && count === 1) return failedRun(first, where);
  return count === 0
    ? undefined
    : `Runs that failed: ${count}. See npm run trader -- list --state ERROR${where}`;
};

/** Of a command that gives a run an outcome: the run already has another one, or it failed afterwards. */
const otherOutcome =
  (...wanted: string[]): ProblemIn =>
  ({ outcome, run }, where) => {
    if (outcome === undefined || wanted.includes(outcome)) return run && failedRun(run, where);
    const show = run ? ` See npm run trader -- show ${run.id}${where}` : '';
    return `Nothing was changed: the run is ${printable(outcome.replace('-', ' '))}.${show}`;
  };

/** Of a command after which the run counts as failed. */
const notEnded =
  (wanted: string): ProblemIn =>
  (answer, where) =>
    answer.outcome === wanted ? undefined : otherOutcome(wanted)(answer, where);

/** Of a command that closes positions: some are left, or may be. */
const notFlat: ProblemIn = ({ flattened = [], key = '' }, where) => {
  const rest = flattened.filter(
    ({ outcome, left, open }) => outcome === 'pending' || outcome === 'failed' || left !== '0' || open > 0,
  );
  if (rest.length === 0) return undefined;
  const names = rest.map(({ symbol }) => symbol).join(' ');
  const again = rest.some(({ outcome }) => outcome === 'pending')
    ? ` To go on with what is pending: npm run trader -- flatten --key ${shellWord(key)}${where}`
    : '';
  return `Not closed: ${names}.${again} What was traded or refused is tried again with another key.`;
};

/** Of a comparison: something differs. */
const differs: ProblemIn = ({ differences, overdue }) => {
  if (differences.length > 0) return 'The ledger and the broker differ.';
  return overdue.length > 0 ? `Orders have been under way for long: ${overdue.join(', ')}.` : undefined;
};

/** Of a halt that cancels: an order is still open. */
const stillOpen: ProblemIn = ({ left }) =>
  left > 0 ? `Orders that are still open at the broker: ${left}. Do it again.` : undefined;

/** The same of commands about the ledger. */
const ofLedger: Record<string, ProblemIn> = { flatten: notFlat, reconcile: differs, halt: stillOpen };

/** Commands about runs of which an answer may say that they were not done. */
export const problems: Record<string, ProblemIn> = {
  run: failedRuns,
  tick: failedRuns,
  resume: failedRuns,
  approve: otherOutcome('approved', 'already-approved', 'kept'),
  reject: otherOutcome('rejected', 'already-rejected', 'kept'),
  cancel: notEnded('cancelled'),
  retry: otherOutcome('retried'),
};

function failedRun({ id, state, error }: Run, where: string): string | undefined {
  if (state !== 'ERROR') return undefined;
  const why = printable(`${error?.name}: ${error?.message}`);
  return `Run ${id} failed: ${why} To resume it: npm run trader -- retry ${id}${where}`;
}
