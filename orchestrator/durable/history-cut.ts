import {
  toStoredStep,
  type PageRef,
  type RunDocument,
  type StoredSignal,
  type StoredStep,
} from './run-document.ts';
import type { RecordedStep } from './step.ts';
import { WAIT_FOR } from './wait-for.ts';

/** Where a retry cuts the history: what stays of it, and what may count again. */
export interface HistoryCut {
  /** The pages that stay. */
  pages: PageRef[];
  /** The steps after them. */
  steps: StoredStep[];
  recorded: number;
  /** Pages with outcomes that may count again. */
  sparePages: PageRef[];
  /** Whether such outcomes are in no page yet. */
  needsPage: boolean;
  /** The steps without an outcome that stay. */
  open: NonNullable<RunDocument['bag']['open']>;
  signals: NonNullable<RunDocument['bag']['signals']>;
}

/**
 * The history of a failed run as it was before the step that failed it, or before the one that is named.
 *
 * Without a name, what other branches did stays available: outcomes that were recorded after the failure, and what they
 * have begun. Such a step is not executed again when the workflow asks for it. A wait that has no signal begins again, because
 * no signal was taken while the run had ended.
 *
 * @param from a ref: the first step with it is executed again, and so is all that was recorded or asked for after it
 */
export function cutBefore(run: RunDocument, history: RecordedStep[], from: string | undefined): HistoryCut {
  const isFirst = ({ id, ref }: RecordedStep) =>
    from === undefined ? id.toHexString() === run.bag.failedStep : ref === from;
  const index = history.findIndex(isFirst);
  if (index === -1 && from !== undefined) throw new RangeError(`The run has no step "${from}".`);
  // A run that no step failed goes on with all that it has.
  const recorded = index === -1 ? history.length : index;
  const cutOff = history.slice(recorded);
  const [first] = cutOff;
  const kept = new Set(history.slice(0, recorded).map(({ id }) => id.toHexString()));
  const { pages: all = [], sparePages = [], open = {} } = run.bag;
  const isKept = ({ outcome }: RecordedStep) => from === undefined && outcome.state === 'SUCCESS';
  const forgotten = new Set([
    ...cutOff.filter((step) => !isKept(step)).map(({ id }) => id.toHexString()),
    ...keysOf(open, (_, { sequence }) => from !== undefined && sequence >= first!.sequence),
  ]);
  // Who cancels a run takes back the answers that no step has taken.
  const counts = (id: string) => (run.bag.cancelled ? kept.has(id) : !forgotten.has(id));
  const answered = cutOff.filter((step) => step.action === WAIT_FOR && isKept(step)).map(toSignal);
  const signals = pick({ ...Object.fromEntries(answered), ...run.bag.signals }, counts);
  const hasBegun = (id: string, { isWatched, due }: { isWatched: boolean; due?: Date }) =>
    isWatched && (due === undefined || id in signals) && !forgotten.has(id);
  const pages = all.filter(({ end }) => end <= recorded);
  const isInNoPage = ({ ordinal }: RecordedStep) => ordinal >= (all.at(-1)?.end ?? 0);
  return {
    pages,
    steps: history.slice(pages.at(-1)?.end ?? 0, recorded).map(toStoredStep),
    recorded,
    sparePages: from === undefined ? distinct([...sparePages, ...all.slice(pages.length)]) : [],
    needsPage: cutOff.some((step) => isKept(step) && isInNoPage(step)),
    open: Object.fromEntries(
      Object.entries(pick(open, hasBegun)).map(([id, step]) => [id, { ...step, isSpare: true }]),
    ),
    signals,
  };
}

/** @param sealed the page with the outcomes that were in no page, if it needs one */
export function cutFields(cut: HistoryCut, sealed: PageRef | undefined) {
  const { pages, steps, recorded, sparePages, open, signals } = cut;
  return {
    'bag.pages': pages,
    'bag.steps': steps,
    'bag.recorded': recorded,
    'bag.sparePages': sealed ? [...sparePages, sealed] : sparePages,
    'bag.open': open,
    'bag.signals': signals,
  };
}

/** The signal that a wait ended with, which it may have no longer: its step takes it again. */
function toSignal({ id, endedAt, outcome }: RecordedStep): [string, StoredSignal] {
  const value = outcome.state === 'SUCCESS' ? outcome.result : null;
  return [id.toHexString(), { value: JSON.stringify(value), at: endedAt }];
}

function keysOf<T>(map: Record<string, T>, matches: (key: string, value: T) => boolean): string[] {
  return Object.keys(map).filter((key) => matches(key, map[key]!));
}

function pick<T>(
  map: Record<string, T> = {},
  matches: (key: string, value: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(keysOf(map, matches).map((key) => [key, map[key]!]));
}

function distinct(pages: PageRef[]): PageRef[] {
  return [...new Map(pages.map((page) => [page.id.toHexString(), page])).values()];
}
