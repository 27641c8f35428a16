import { toStoredStep, type RunDocument } from './run-document.ts';
import type { HistoryCut } from './run-store.ts';
import type { RecordedStep } from './step.ts';

/**
 * The history of a failed run as it was before the step that failed it, or before the one that is named.
 *
 * Outcomes that were recorded after the failure stay available: another branch may have had its effect. Such a step is
 * not executed again when the workflow asks for it.
 *
 * @param from a ref: the first step with it is executed again, and so is all that was recorded after it
 * @returns undefined if no step is to be executed again
 */
export function cutBefore(
  run: RunDocument,
  history: RecordedStep[],
  from: string | undefined,
): HistoryCut | undefined {
  const isFirst = ({ id, ref }: RecordedStep) =>
    from === undefined ? id.toHexString() === run.bag.failedStep : ref === from;
  const recorded = history.findIndex(isFirst);
  if (recorded === -1) {
    if (from === undefined) return undefined;
    throw new RangeError(`The run has no step "${from}".`);
  }
  const pages = (run.bag.pages ?? []).filter(({ end }) => end <= recorded);
  const isKept = ({ outcome }: RecordedStep) => from === undefined && outcome.state === 'SUCCESS';
  return {
    pages,
    steps: history.slice(pages.at(-1)?.end ?? 0, recorded).map(toStoredStep),
    recorded,
    spare: history
      .slice(recorded + 1)
      .filter(isKept)
      .map(toStoredStep),
    open: askedBefore(history[recorded]!, run.bag.open),
  };
}

/** What was asked for later may rest on an outcome that is cut off, so that a replay would not ask for it. */
function askedBefore({ sequence }: RecordedStep, open: RunDocument['bag']['open'] = {}): typeof open {
  return Object.fromEntries(Object.entries(open).filter(([, step]) => step.sequence < sequence));
}
