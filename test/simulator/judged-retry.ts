import type { RunDocument, StoredStep } from '../../orchestrator/durable/run-document.ts';
import { demand } from './rules.ts';

/**
 * A retry forgets the signals of the steps that are executed again, and no others.
 *
 * @param history what stays of it
 * @param isFrom whether a person named the step from which the run goes on
 */
export function judgeSignals(
  before: RunDocument,
  after: RunDocument,
  history: StoredStep[],
  cutOff: StoredStep[],
  isFrom: boolean,
): void {
  const isExecutedAgain = (step: string) => {
    // Who cancels a run takes back the answers that no step has taken.
    if (before.bag.cancelled) return history.every(({ id }) => id !== step);
    const recorded = cutOff.find(({ id }) => id === step);
    if (recorded) return isFrom || recorded.error !== undefined;
    return isFrom && (before.bag.open?.[step]?.sequence ?? -1) >= cutOff[0]!.sequence;
  };
  for (const step of Object.keys(before.bag.signals ?? {})) {
    const isThere = after.bag.signals?.[step] !== undefined;
    demand(isThere !== isExecutedAgain(step), 'answers', () => {
      return `a signal of run ${before.filter.key} is ${isThere ? 'there' : 'gone'} after it was retried`;
    });
  }
}
