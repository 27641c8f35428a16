import type { RunDocument, StoredStep } from '../../orchestrator/durable/run-document.ts';
import { OF_OPERATOR } from './judged-step.ts';
import { partsOf } from './programs.ts';
import { demand } from './rules.ts';
import { programs } from './workflow.ts';

interface Result {
  skipped?: string;
  name?: string;
  message?: string;
  seen?: string[];
  undone?: string[];
  notUndone?: { ref: string }[];
}

/** Judges how a run ends, by the document before and after, and by its whole history. */
export function judgeEnd(before: RunDocument, after: RunDocument, history: StoredStep[]): void {
  const result = after.result as Result;
  const run = `run ${before.filter.key}`;
  const blame = result.name ?? '';
  if (before.bag.start?.skip !== undefined && !before.bag.cancelled) {
    demand(result.skipped !== undefined, 'identity', () => `${run} was to be skipped, and did something`);
    demand(history.length === 0, 'identity', () => `${run} was to be skipped, and has steps`);
  }
  demand(!OF_OPERATOR.includes(blame), 'operator', () => `${run} ended with ${blame}: ${result.message}`);
  demand(!before.bag.cancelled || blame === 'RunCancelledError', 'cancel', () => {
    return `${run} was cancelled, and ended with ${blame || 'a result'}`;
  });
  demand(
    after.bag.endedAt !== undefined,
    'retention',
    () => `${run} ended, and its retention does not begin`,
  );
  if (result.seen) {
    const seen = labelsOf(history).slice(0, result.seen.length).join();
    demand(
      result.seen.join() === seen,
      'order',
      () => `${run} saw ${result.seen!.join()}; recorded is ${seen}`,
    );
  }
  if (blame !== '') judgeUndo(run, before, result, history);
}

/** In a run that fails, what has an undo and succeeded is undone, last one first. */
function judgeUndo(run: string, { argument }: RunDocument, result: Result, history: StoredStep[]): void {
  const parts = partsOf(programs.get(argument['program'] as string)!);
  const covered = new Set(parts.flatMap((part) => (part.do === 'call' && part.undo ? [part.ref] : [])));
  const succeeded = history.filter(({ ref, error }) => covered.has(ref) && error === undefined);
  const expected = succeeded.map(({ ref }) => ref).toReversed();
  const failed = result.notUndone ?? [];
  const tried = (result.undone ?? []).length + failed.filter(({ ref }) => expected.includes(ref)).length;
  demand(
    tried >= expected.length,
    'undo',
    () => `${run} failed, and of ${expected.join()} undid ${result.undone?.join()}`,
  );
  if (failed.length > 0) return;
  demand((result.undone ?? []).join() === expected.join(), 'undo', () => {
    return `${run} undid ${result.undone?.join()} in place of ${expected.join()}`;
  });
  const undos = history.filter(({ ref, error }) => ref.startsWith('undo ') && error === undefined);
  demand(
    undos.length >= expected.length,
    'undo',
    () => `${run} says that it undid ${expected.join()}, and has no record of it`,
  );
}

/** `ref#occurrence ok`, as a workflow notes what it sees. */
export function labelsOf(history: StoredStep[]): string[] {
  const occurrences = new Map<string, number>();
  return history.map(({ ref, error }) => {
    const occurrence = occurrences.get(ref) ?? 0;
    occurrences.set(ref, occurrence + 1);
    return `${ref}#${occurrence} ${error === undefined ? 'ok' : 'failed'}`;
  });
}
