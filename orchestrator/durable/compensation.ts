import type { DurableAction } from './durable-action.ts';
import { recordError, type RecordedError } from './errors.ts';
import type { Replay } from './replay.ts';

export type Undo = (result: unknown) => DurableAction;

/** Of a failed run: the refs of the steps that were taken back, and those that could not be. */
export interface Undone {
  undone: string[];
  notUndone: { ref: string; error: RecordedError }[];
}

/** What takes a failed run's steps back: the undo of each one that succeeded, last one first, each a step of its own. */
export class Compensation {
  hasBegun = false;
  readonly #outcomes: Promise<unknown>[] = [];
  /** In the order in which the steps succeeded, which is the same at every replay. */
  readonly #undos: { ref: string; undo: () => DurableAction }[] = [];

  /** From now on, a failure of the run undoes this step, if it succeeds. */
  cover(ref: string, outcome: Promise<unknown>, undo: Undo): void {
    const covered = outcome.then(
      (result) => this.#undos.push({ ref, undo: () => undo(result) }),
      () => undefined,
    );
    this.#outcomes.push(covered);
  }

  /** Answers what was undone and what could not be, where there was something to undo. */
  async carryOut(replay: Replay): Promise<Undone | undefined> {
    if (this.#outcomes.length === 0) return undefined;
    this.hasBegun = true;
    // A step that is still under way may yet succeed.
    await Promise.all(this.#outcomes);
    const { undone, notUndone }: Undone = { undone: [], notUndone: [] };
    for (const { ref, undo } of this.#undos.toReversed()) {
      try {
        await replay.step(`undo ${ref}`, undo());
        undone.push(ref);
      } catch (undoError) {
        notUndone.push({ ref, error: recordError(undoError) });
      }
    }
    return { undone, notUndone };
  }
}
