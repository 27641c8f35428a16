import type { Answer, Run } from './answer.ts';
import { printable } from './text.ts';

// What an answer says of a command: each command names its own among these.

/** Of a command whose answer is what was asked for, or an error. */
export const noProblem = (): undefined => undefined;

/** Of a command that starts runs, or carries them on: that some of them failed. */
export function failedRuns({ run, runs = [], counts }: Answer): string | undefined {
  if (run) return failedRun(run);
  const failed = counts?.['failed'] ?? runs.filter(({ state }) => state === 'ERROR').length;
  const [first] = runs.filter(({ state }) => state === 'ERROR');
  if (failed <= 1) return first && failedRun(first);
  return `${failed} runs failed: npm run trader -- list --state ERROR`;
}

/** Of a command that takes a run to an outcome: that it came to another one, or that the run failed after it. */
export const otherOutcome =
  (...wanted: string[]) =>
  ({ outcome, run }: Answer): string | undefined => {
    if (outcome !== undefined && !wanted.includes(outcome)) {
      return `Nothing was changed: the run is ${printable(outcome.replace('-', ' '))}.`;
    }
    return run && failedRun(run);
  };

function failedRun({ id, state, error }: Run): string | undefined {
  if (state !== 'ERROR') return undefined;
  return `Run ${id} failed: ${printable(`${error?.name}: ${error?.message}`)}`;
}
