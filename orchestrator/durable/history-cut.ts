import { toStoredStep, type PageRef, type RunDocument, type StoredStep } from './run-document.ts';
import type { RecordedStep } from './step.ts';

/** Where a retry cuts the history: what stays of it, and outcomes that may count again. */
export interface HistoryCut {
  /** The pages that stay. */
  pages: PageRef[];
  /** The steps after them. */
  steps: StoredStep[];
  recorded: number;
  spare: StoredStep[];
  /** The steps without an outcome that stay. */
  open: NonNullable<RunDocument['bag']['open']>;
}

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

export function cutFields(run: RunDocument, { pages, steps, recorded, spare, open }: HistoryCut) {
  return {
    'bag.pages': pages,
    'bag.steps': steps,
    'bag.recorded': recorded,
    'bag.spare': spare,
    'bag.open': open,
    'bag.cuts': (run.bag.cuts ?? 0) + 1,
  };
}

/** What was asked for later may rest on an outcome that is cut off, so that a replay would not ask for it. */
function askedBefore({ sequence }: RecordedStep, open: RunDocument['bag']['open'] = {}): typeof open {
  return Object.fromEntries(Object.entries(open).filter(([, step]) => step.sequence < sequence));
}
